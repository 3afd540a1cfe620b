import { describe, expect, it } from '@jest/globals';
import { createProfiler } from '../src/index.js';
import { type ProfilerOptions, type RecordingOptions, resolveOptions, resolveRecording } from '../src/options.js';

const onStall = () => undefined;

/** As callers without types pass them. */
const untyped = (options: unknown) => options as ProfilerOptions & RecordingOptions;

describe('options', () => {
  it.each([
    ['cpu.intervalUs', { cpu: { intervalUs: 99 } }],
    ['cpu.intervalUs', { cpu: { intervalUs: 1_000_001 } }],
    ['cpu.intervalUs', { cpu: { intervalUs: 1_000.5 } }],
    ['cpu.intervalUs', { cpu: { intervalUs: '1000' } }],
    ['cpu.keepWarm', { cpu: { keepWarm: 'yes' } }],
    ['cpu.recoverInlined', { cpu: { recoverInlined: 1 } }],
    ['cpu.interval', { cpu: { interval: 1_000 } }],
    ['continuous.windowMs', { continuous: { windowMs: 999 } }],
    ['continuous.keepMs', { continuous: { keepMs: 5_000 } }],
    ['continuous.keep', { continuous: { keep: 5 } }],
    ['continuous', { continuous: true }],
    ['continuous.stall.onStall', { continuous: { stall: {} } }],
    ['continuous.stall.overMs', { continuous: { stall: { overMs: 19, onStall } } }],
    ['continuous.stall.everyMs', { continuous: { stall: { everyMs: -1, onStall } } }],
    ['continuous.stall.after', { continuous: { stall: { after: 1, onStall } } }],
    ['continuous.onWindow', { continuous: { onWindow: 'file' } }],
    ['continuous.triggers.onTrigger', { continuous: { triggers: {} } }],
    ['continuous.triggers.cpuAboveCores', { continuous: { triggers: { cpuAboveCores: 0, onTrigger: onStall } } }],
    ['continuous.triggers.heapAboveRatio', { continuous: { triggers: { heapAboveRatio: 2, onTrigger: onStall } } }],
    ['continuous.triggers.cpuAboveCores', { continuous: { triggers: { cpuAboveCores: true, onTrigger: onStall } } }],
    ['continuous.triggers.cpuForMs', { continuous: { triggers: { cpuForMs: '2000', onTrigger: onStall } } }],
    ['continuous.triggers.heapAboveRatio', { continuous: { triggers: { heapAboveRatio: 1n, onTrigger: onStall } } }],
    ['continuous.triggers.everyMs', { continuous: { triggers: { everyMs: null, onTrigger: onStall } } }],
    ['clock', { clock: null }],
    ['clock', { clock: { now: () => 0 } }],
    ['continuous.triggers.signal', { continuous: { triggers: { signal: 'SIGUSR1', onTrigger: onStall } } }],
    ['labels.keys', { labels: { keys: ['a b'] } }],
    ['labels.source', { labels: { source: {} } }],
    ['mode', { mode: 'FAST' }],
    ['cpu', { cpu: true }],
    ['memory.samplingIntervalBytes', { memory: { samplingIntervalBytes: 0 } }],
    ['memory.samplingIntervalBytes', { memory: { samplingIntervalBytes: NaN } }],
    ['memory.depth', { memory: { depth: 3 } }],
    ['memory', { memory: null }],
    ['name', { name: '' }],
    ['heap', { heap: {} }],
    ['options', 'fast'],
  ])('refuses a bad %s, naming it', (option, options) => {
    const named = new RegExp(`^option ${option.replaceAll('.', '\\.')} is .+, expected .+`);
    expect(() => createProfiler(untyped(options))).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION', message: expect.stringMatching(named) }));
  });

  it.each([
    ['cpu', { cpu: false }],
    ['cpu', { cpu: 1 }],
    ['cpu', { cpu: null, memory: true }],
    ['memory', { memory: null, cpu: true }],
    ['io', { io: null }],
    ['promises', { promises: null }],
    ['mode', { mode: null }],
    ['memory', { memory: 'all' }],
    ['io', { io: 1 }],
    ['mode', { mode: 'cpu' }],
    ['mode', { mode: 'constructor' }],
    ['promises', { promises: 'all' }],
    ['workers', { workers: true, memory: true }],
    ['disk', { disk: true }],
    ['recording options', null],
  ])('refuses a recording with a bad %s, naming it', async (option, options) => {
    const profiler = createProfiler();
    await expect(profiler.start(untyped(options))).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION', message: expect.stringContaining(`option ${option} is`) });
    expect(profiler.stats().recordings).toBe(0);
  });

  it('gives explicit undefined the default too', () => {
    expect(resolveOptions(untyped({ name: undefined, cpu: { intervalUs: undefined }, memory: undefined }))).toMatchObject({
      name: 'profiler',
      cpu: { intervalUs: 1_000, keepWarm: false, recoverInlined: true },
      memory: { samplingIntervalBytes: 262_144 },
    });
  });

  it('records what the mode says unless something is asked for by name', () => {
    const nothing = { cpu: false, memory: false, io: false, promises: false, workers: false };
    expect(resolveRecording({}, 'CPU')).toEqual({ ...nothing, cpu: true });
    expect(resolveRecording({}, 'ALL')).toEqual({ ...nothing, cpu: true, memory: true, io: true, promises: true });
    expect(resolveRecording({ mode: 'IO' }, 'ALL')).toEqual({ ...nothing, io: true });
    expect(resolveRecording({ mode: 'MEMORY', cpu: true }, 'CPU')).toEqual({ ...nothing, cpu: true, memory: true });
    expect(resolveRecording({ memory: true }, 'CPU')).toEqual({ ...nothing, memory: true });
    expect(resolveRecording({ memory: 'live' }, 'CPU')).toEqual({ ...nothing, memory: 'live' });
    expect(resolveRecording({ memory: false }, 'CPU')).toEqual({ ...nothing, cpu: true });
    expect(resolveRecording({ cpu: true, memory: true, io: true }, 'CPU')).toEqual({ ...nothing, cpu: true, memory: true, io: true });
    expect(resolveRecording({ mode: 'ALL', memory: 'live' }, 'CPU')).toMatchObject({ memory: 'live', cpu: true, io: true });
  });
});
