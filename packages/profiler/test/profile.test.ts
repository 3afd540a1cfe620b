import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CostsOptions, type HtmlOptions, type Profile, diffProfiles, mergeProfiles, parseProfile } from '../src/index.js';
import { createProfile } from '../src/profile.js';
import { samplesFrom } from './arbitrary-samples.js';

const frame = (name: string) => ({ name, url: 'file:///app/a.js', line: 1, column: 1, kind: 'script' as const });
const [main, child, leaf] = [frame('main'), frame('child'), frame('leaf')];
const cpu = samplesFrom([
  { deltaUs: 0, stack: [main] },
  { deltaUs: 300, stack: [main, child] },
  { deltaUs: 100, stack: [main, child, leaf] },
]);
const data = { startedAtMs: 0, durationMs: 0.5, cpu, memory: undefined, runtime: undefined, conditions: undefined };
const profile = createProfile(data);

describe('a profile', () => {
  it('lists the most expensive functions by self or total cost', () => {
    const names = (options: Parameters<Profile['top']>[0]) => profile.top(options).map(({ name, self, total }) => [name, self, total]);
    expect(names({ by: 'self' })).toEqual([['main', 300, 500], ['child', 100, 200], ['leaf', 100, 100]]);
    expect(names({ by: 'total', limit: 2 })).toEqual([['main', 300, 500], ['child', 100, 200]]);
    expect(profile.top({ limit: 1 })).toEqual([{ ...main, self: 300, total: 500, selfRatio: 0.6, totalRatio: 1 }]);
  });

  it('refuses what was not recorded, and options that are not there', async () => {
    const code = 'ERR_PROFILER_NOT_RECORDED';
    expect(() => profile.costs({ of: 'memory' })).toThrow(expect.objectContaining({ code, message: expect.stringContaining('{ memory: true }') }));
    expect(() => profile.toHeapProfile()).toThrow(expect.objectContaining({ code }));
    expect(() => createProfile({ ...data, cpu: undefined, memory: cpu }).toCpuProfile()).toThrow(expect.objectContaining({ code }));
    await expect(profile.writeTo(join(tmpdir(), 'never.heapprofile'))).rejects.toMatchObject({ code });
    const refused = expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' });
    const untyped = (options: unknown) => options as CostsOptions & HtmlOptions;
    expect(() => profile.costs(untyped({ of: 'disk' }))).toThrow(refused);
    expect(() => profile.toFolded(untyped({ by: 'self' }))).toThrow(refused);
    expect(() => profile.top(untyped({ by: 'flat' }))).toThrow(refused);
    expect(() => profile.top({ limit: 0 })).toThrow(refused);
    expect(() => profile.toHtml(untyped({ title: 5 }))).toThrow(refused);
  });

  it.each([[undefined], [null], [5], [{}], [[1, 2]]])('is not to be had of %j, neither read nor merged nor compared', (nothing) => {
    const none = nothing as unknown as Profile;
    expect(() => parseProfile(none as unknown as string)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_PROFILE' }));
    for (const given of [() => mergeProfiles([profile, none]), () => diffProfiles(profile, none), () => diffProfiles(none, profile)]) expect(given).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
  });
});

describe('writing a profile', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('writes the format that the name ends in, for its owner alone', async () => {
    const html = join(folder, 'run.html');
    await profile.writeTo(html);
    await profile.writeTo(pathToFileURL(join(folder, 'run.cpuprofile')));
    await profile.writeTo(join(folder, 'run.folded'));
    await profile.writeTo(join(folder, 'run.pb.gz'));
    expect(parseProfile(await readFile(join(folder, 'run.pb.gz'))).costs()).toMatchObject({ total: profile.costs().total });
    expect(await readFile(html, 'utf8')).toBe(profile.toHtml());
    expect(parseProfile(await readFile(join(folder, 'run.cpuprofile'), 'utf8')).costs()).toEqual(profile.costs());
    expect(await readFile(join(folder, 'run.folded'), 'utf8')).toBe(profile.toFolded());
    if (process.platform !== 'win32') expect((await stat(html)).mode & 0o777).toBe(0o600);
  });

  it('fails with a code, the path and the reason where it cannot write', async () => {
    const path = join(folder, 'missing', 'run.html');
    await expect(profile.writeTo(path)).rejects.toMatchObject({
      code: 'ERR_PROFILER_WRITE_FAILED',
      message: expect.stringContaining(path),
      cause: { code: 'ENOENT' },
    });
  });

  it('refuses names of which it does not know the format', async () => {
    await expect(profile.writeTo(join(folder, 'run.pdf'))).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION', message: expect.stringContaining('.cpuprofile') });
    await expect(profile.writeTo(new URL('http://localhost/run.html'))).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION' });
    await expect(profile.writeTo(join(folder, 'run'))).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION' });
    for (const path of [undefined, null, 7, Symbol('file')]) await expect(profile.writeTo(path as never)).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION' });
    for (const signal of [null, 7, {}]) await expect(profile.writeTo(join(folder, 'run.html'), { signal: signal as never })).rejects.toMatchObject({ code: 'ERR_PROFILER_INVALID_OPTION' });
  });

  it('ends with the reason of its signal, before and while writing', async () => {
    const reason = new Error('enough');
    await expect(profile.writeTo(join(folder, 'early.html'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const writing = profile.writeTo(join(folder, 'late.html'), { signal: controller.signal });
    controller.abort(reason);
    await expect(writing).rejects.toBe(reason);
  });
});
