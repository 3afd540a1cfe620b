import { afterEach, describe, expect, it } from '@jest/globals';
import diagnostics from 'node:diagnostics_channel';
import { type Profiler, createProfiler } from '../src/index.js';
import { openSession } from '../src/inspector-session.js';
import { threeToOne } from './workload.js';

describe('a profiler', () => {
  const made: Profiler[] = [];
  const make = (...options: Parameters<typeof createProfiler>): Profiler => {
    const profiler = createProfiler(...options);
    made.push(profiler);
    return profiler;
  };
  afterEach(async () => {
    for (const profiler of made.splice(0)) await profiler.close();
  });

  it('records from start to stop, CPU when nothing else is asked for', async () => {
    const profiler = make();
    await profiler.start();
    threeToOne(20);
    const profile = await profiler.stop();
    expect(profile.cpu).toBeDefined();
    expect(profile.memory).toBeUndefined();
    expect(profile.conditions).not.toHaveProperty('memorySamplingIntervalBytes');
  });

  it('refuses a second recording, and goes on with the first', async () => {
    const profiler = make({ name: 'gateway' });
    const starting = profiler.start();
    await expect(profiler.start()).rejects.toMatchObject({ code: 'ERR_PROFILER_ALREADY_RECORDING', message: expect.stringContaining('gateway') });
    await starting;
    await expect(profiler.start()).rejects.toMatchObject({ code: 'ERR_PROFILER_ALREADY_RECORDING' });
    expect(profiler.stats()).toMatchObject({ recordings: 1, recordingsStartedTotal: 1, recordingsFailedTotal: 0 });
    await expect(profiler.stop()).resolves.toHaveProperty('cpu');
  });

  it('refuses to stop what was not started, or is being stopped', async () => {
    const profiler = make();
    await expect(profiler.stop()).rejects.toMatchObject({ code: 'ERR_PROFILER_NOT_RECORDING' });
    const recording = await profiler.start();
    const stopping = profiler.stop();
    await expect(profiler.stop()).rejects.toMatchObject({ code: 'ERR_PROFILER_NOT_RECORDING' });
    await stopping;
    await profiler.start();
    await expect(recording.stop()).rejects.toMatchObject({ code: 'ERR_PROFILER_NOT_RECORDING' });
    expect(profiler.stats().recordings).toBe(1);
  });

  it('refuses to profile what cannot be called, before it records', async () => {
    const profiler = make();
    await expect(profiler.profile('work' as unknown as () => void)).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION' });
    expect(profiler.stats()).toMatchObject({ recordings: 0, recordingsStartedTotal: 0 });
  });

  it('starts once a recording that was left behind has ended', async () => {
    const profiler = make();
    {
      using left = await profiler.start();
      expect(left).toBeDefined();
    }
    await expect(profiler.start()).resolves.toHaveProperty('stop');
    await expect(profiler.stop()).resolves.toHaveProperty('cpu');
  });

  it('stops a start that is still under way', async () => {
    const profiler = make();
    const starting = profiler.start();
    await expect(profiler.stop()).resolves.toHaveProperty('cpu');
    await starting;
    expect(profiler.stats().recordings).toBe(0);
  });

  it('passes on what the profiled function threw, the recording stopped', async () => {
    const profiler = make();
    const broken = new Error('broken');
    await expect(profiler.profile(() => Promise.reject(broken))).rejects.toBe(broken);
    await expect(
      profiler.profile(() => {
        throw broken;
      }),
    ).rejects.toBe(broken);
    expect(profiler.stats()).toMatchObject({ recordings: 0, recordingsStartedTotal: 2, recordingsStoppedTotal: 2 });
  });

  it('does not call the function when it cannot record', async () => {
    const profiler = make();
    await profiler.start();
    let called = false;
    const profiled = profiler.profile(() => {
      called = true;
    });
    await expect(profiled).rejects.toMatchObject({ code: 'ERR_PROFILER_ALREADY_RECORDING' });
    expect(called).toBe(false);
  });

  it('discards a recording whose scope ends, unless it was stopped', async () => {
    const profiler = make();
    {
      await using _recording = await profiler.start();
    }
    expect(profiler.stats()).toMatchObject({ recordings: 0, recordingsStoppedTotal: 1 });
    {
      using _recording = await make().start();
    }
    {
      await using recording = await profiler.start();
      await recording.stop();
      await profiler.start(); // Another one is not this scope's to end.
    }
    expect(profiler.stats()).toMatchObject({ recordings: 1, recordingsStoppedTotal: 2 });
  });

  it('closes in the middle of a recording or of its start, and is no good afterwards', async () => {
    const recording = make();
    await recording.start();
    await recording.close();
    await expect(recording.start()).rejects.toMatchObject({ code: 'ERR_PROFILER_CLOSED' });
    await expect(recording.stop()).rejects.toMatchObject({ code: 'ERR_PROFILER_CLOSED' });
    expect(recording.stats().recordings).toBe(0);

    const starting = make();
    const started = starting.start();
    await starting.close();
    await started;
    expect(starting.stats()).toMatchObject({ recordings: 0, recordingsStoppedTotal: 1 });
  });

  it('lets two profilers record CPU at once, each at its own rate', async () => {
    const [slow, fast] = [make({ cpu: { intervalUs: 10_000 } }), make({ cpu: { intervalUs: 200 } })];
    await slow.start();
    await fast.start();
    threeToOne(300);
    const [few, many] = [await slow.stop(), await fast.stop()];
    expect(many.cpu?.timeline?.nodes.length).toBeGreaterThan(5 * (few.cpu?.timeline?.nodes.length ?? Infinity));
  });

  it('counts what it did, and tells those who listen', async () => {
    const heard: [string, unknown][] = [];
    const listen = (message: unknown, channel: string | symbol) => heard.push([String(channel), message]);
    const channels = ['started', 'stopped', 'failed'].map((event) => `@fog/profiler:recording:${event}`);
    for (const channel of channels) diagnostics.subscribe(channel, listen);
    const profiler = make({ name: 'batch' });
    const { profile } = await profiler.profile(() => threeToOne(20));
    for (const channel of channels) diagnostics.unsubscribe(channel, listen);
    const samples = profile.cpu?.timeline?.nodes.length;
    const { startMsTotal, stopMsTotal, samplesTotal } = profiler.stats();
    expect(samplesTotal).toBe(samples);
    expect(heard).toEqual([
      ['@fog/profiler:recording:started', { profiler: 'batch', cpu: true, memory: false, io: false, promises: false, workers: false, startMs: startMsTotal }],
      ['@fog/profiler:recording:stopped', { profiler: 'batch', durationMs: profile.durationMs, samples, stopMs: stopMsTotal }],
    ]);
  });

  it('reports a failure of the inspector with its reason, and can record again', async () => {
    const profiler = make();
    const failures: unknown[] = [];
    const listen = (message: unknown) => failures.push(message);
    diagnostics.subscribe('@fog/profiler:recording:failed', listen);
    await profiler.start({ memory: true });
    const foreign = openSession(); // As an attached debugger might.
    await foreign.post('HeapProfiler.stopSampling');
    foreign.close();
    await expect(profiler.stop()).rejects.toMatchObject({ code: 'ERR_PROFILER_INSPECTOR_FAILED', cause: expect.anything() });
    diagnostics.unsubscribe('@fog/profiler:recording:failed', listen);
    expect(failures).toEqual([{ profiler: 'profiler', error: expect.objectContaining({ code: 'ERR_PROFILER_INSPECTOR_FAILED' }) }]);
    expect(profiler.stats()).toMatchObject({ recordings: 0, recordingsFailedTotal: 1 });
    await profiler.start({ memory: true });
    await expect(profiler.stop()).resolves.toHaveProperty('memory');
  });
});
