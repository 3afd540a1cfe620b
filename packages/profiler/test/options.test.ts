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
    ['memory', { memory: 'all' }],
    ['io', { io: true }],
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

  it('records CPU unless memory alone is asked for', () => {
    expect(resolveRecording({})).toEqual({ cpu: true, memory: false });
    expect(resolveRecording({ memory: true })).toEqual({ cpu: false, memory: true });
    expect(resolveRecording({ memory: false })).toEqual({ cpu: true, memory: false });
    expect(resolveRecording({ cpu: true, memory: true })).toEqual({ cpu: true, memory: true });
  });
});
