import { once, EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { type Capture, createProfiler } from '../src/index.js';
import { TriggerRule, resolveTriggers } from '../src/triggers.js';

const onTrigger = () => undefined;

describe('a trigger', () => {
  it('fires when so many cores were busy for so long on end, and not again before its time', () => {
    const rule = new TriggerRule(resolveTriggers({ cpuAboveCores: 0.8, cpuForMs: 3_000, everyMs: 5_000, onTrigger }));
    const cpuMs = [0, 900, 1_800, 2_000, 2_900, 3_800, 4_700, 5_600, 6_500, 7_400, 8_300, 9_200, 10_100];
    const fired = cpuMs.map((used, second) => rule.next({ atMs: second * 1_000, cpuMs: used, heapRatio: 0 })?.reason);
    expect(fired).toEqual([undefined, undefined, undefined, undefined, undefined, undefined, 'cpu', undefined, undefined, undefined, undefined, 'cpu', undefined]);
  });

  it('fires when the heap is full', () => {
    const rule = new TriggerRule(resolveTriggers({ heapAboveRatio: 0.9, everyMs: 0, onTrigger }));
    expect(rule.next({ atMs: 0, cpuMs: 0, heapRatio: 0.9 })).toBeUndefined();
    expect(rule.next({ atMs: 1_000, cpuMs: 0, heapRatio: 0.95 })).toEqual({ reason: 'heap', value: 0.95 });
  });

  it('hands over what was kept, on a signal and on a full heap, and leaves nothing behind', async () => {
    const clock = new ManualClock();
    const heard = new EventEmitter<{ capture: [Capture] }>();
    const profiler = createProfiler({ continuous: { triggers: { signal: 'SIGUSR2', heapAboveRatio: 1e-9, onTrigger: (capture) => heard.emit('capture', capture) } }, clock });
    await profiler.recent();
    const byHeap = once(heard, 'capture');
    clock.advance(1_000);
    const [full] = (await byHeap) as [Capture];
    expect(full).toMatchObject({ reason: 'heap', profile: { durationMs: expect.any(Number) } });
    const bySignal = once(heard, 'capture');
    process.emit('SIGUSR2', 'SIGUSR2');
    const [asked] = (await bySignal) as [Capture];
    expect(asked.reason).toBe('signal');
    await profiler.close();
    expect(process.listenerCount('SIGUSR2')).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
