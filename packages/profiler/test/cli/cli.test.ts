import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { parseProfile } from '../../src/index.js';

const source = join(import.meta.dirname, '../../src');

/** Names what failed as a shell would. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the command line', () => {
  let folder = '';
  const run = async (...args: string[]): Promise<Ended> =>
    promisify(execFile)(process.execPath, [join(folder, 'cli/main.js'), ...args], { cwd: folder, timeout: 30_000 }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: Ended) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    );
  const read = async (file: string) => parseProfile(await readFile(join(folder, file)));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-cli-'));
    await mkdir(join(folder, 'cli'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await build({ entryPoints: [join(source, 'cli/main.ts'), join(source, 'register.ts')], outbase: source, outdir: folder, bundle: true, platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'silent' });
    await build({ entryPoints: [join(source, 'cli/preload.ts')], outbase: source, outdir: folder, outExtension: { '.js': '.cjs' }, bundle: true, platform: 'node', format: 'cjs', target: 'node20.19', logLevel: 'silent' });
    const spin = (ms: number) => `function spin() { let sum = 0; for (const end = performance.now() + ${ms}; performance.now() < end; ) sum += 1; return sum; }`;
    await writeFile(join(folder, 'app.cjs'), `${spin(300)}\nspin();\nconsole.log('ran', ...process.argv.slice(2));\nprocess.exitCode = 3;\n`);
    await writeFile(join(folder, 'exits.js'), `${spin(300)}\nspin();\nprocess.exit(5);\n`);
    await writeFile(join(folder, 'workers.js'), `import { Worker, isMainThread } from 'node:worker_threads';\n${spin(300)}\nif (isMainThread) new Worker(new URL(import.meta.url), { name: 'helper' });\nelse spin();\n`);
    await writeFile(join(folder, 'forks.js'), `import { fork } from 'node:child_process';\n${spin(100)}\nspin();\nif (process.argv[2] === undefined) fork(new URL(import.meta.url), ['child']);\nelse console.log(Symbol.for('@fog/profiler') in globalThis);\n`);
    await writeFile(join(folder, 'farewell.js'), `${spin(100)}\nspin();\nprocess.on('beforeExit', () => process.exit(6));\n`);
    await writeFile(join(folder, 'busy.js'), `${spin(20)}\nsetInterval(() => spin(), 30);\n`);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('runs a program with its arguments, gives its exit status, and leaves a report', async () => {
    const { code, stdout, stderr } = await run('run', '--out', 'app.html', 'app.cjs', '--port', '80');
    expect([code, stdout]).toEqual([3, 'ran --port 80\n']);
    expect(stderr).toContain('spin');
    const page = await readFile(join(folder, 'app.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toContain('--port');
  });

  it('leaves a report of its own for each program that runs at a time', async () => {
    await Promise.all([run('run', 'exits.js'), run('run', 'exits.js')]);
    const reports = (await readdir(folder)).filter((name) => /^profile-\d{8}-\d{6}-\d+\.html$/.test(name));
    expect(reports).toHaveLength(2);
  });

  it('has the profile of a program that ends itself', async () => {
    expect((await run('run', '--mode', 'cpu', '--out', 'exits.fogprofile', 'exits.js')).code).toBe(5);
    const profile = await read('exits.fogprofile');
    expect(profile.top({ by: 'total', limit: 30 }).map(({ name }) => name)).toContain('spin');
    expect(profile.memory).toBeUndefined();
  });

  it('has the profile of a program whose last listener ends it, and leaves alone what it forks', async () => {
    expect((await run('run', '--mode', 'cpu', '--out', 'farewell.fogprofile', 'farewell.js')).code).toBe(6);
    expect((await read('farewell.fogprofile')).cpu?.frames.map(({ name }) => name)).toContain('spin');
    expect(await run('run', '--mode', 'cpu', '--out', 'forks.fogprofile', 'forks.js')).toMatchObject({ code: 0, stdout: 'false\n' });
  });

  it('changes nothing of how a program runs: the order of its callbacks, its errors, its name, how often it is told of its end', async () => {
    await writeFile(join(folder, 'order.cjs'), `process.nextTick(() => console.log('tick')); Promise.resolve().then(() => console.log('promise'));\nprocess.on('beforeExit', () => console.log('summary'));\nprocess.on('uncaughtException', (_, origin) => console.log(origin));\nthrow new Error('main');\n`);
    await mkdir(join(folder, 'plain'), { recursive: true });
    await writeFile(join(folder, 'plain', 'package.json'), '{}');
    await writeFile(join(folder, 'plain', 'job.task'), "console.log('ran', typeof require);\n");
    const ordered = await run('run', '--out', 'order.fogprofile', 'order.cjs');
    expect([ordered.code, ordered.stdout]).toEqual([0, 'uncaughtException\ntick\npromise\nsummary\n']);
    expect(await run('run', '--out', 'job.fogprofile', 'plain/job.task')).toMatchObject({ code: 0, stdout: 'ran function\n' });
  });

  it('hides from a program, and from what it forks, by which argument it was loaded; files are named as they are', async () => {
    await writeFile(join(folder, 'a b.cjs'), "const { fork } = require('node:child_process');\nconsole.log(process.execArgv);\nif (process.argv[2] === undefined) fork(__filename, ['child']);\nfunction burn() { for (const end = performance.now() + 200; performance.now() < end; ); }\nburn();\n");
    const { stdout, stderr } = await run('run', '--mode', 'cpu', '--out', 'args.fogprofile', 'a b.cjs');
    expect(stdout).toBe('[]\n[]\n');
    expect(stderr).toContain('burn a b.cjs:4');
  });

  it('records what a program does when it is told that it is about to end', async () => {
    await writeFile(join(folder, 'late.cjs'), `function late() { for (const end = performance.now() + 200; performance.now() < end; ); }\nprocess.once('beforeExit', () => setTimeout(late, 1));\n`);
    await run('run', '--out', 'late.fogprofile', 'late.cjs');
    expect((await read('late.fogprofile')).cpu?.frames.map(({ name }) => name)).toContain('late');
  });

  it.each([
    ['by a signal', "setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50); setInterval(() => {}, 1_000);", ''],
    ['by its own listener', "process.once('SIGTERM', () => { console.log('bye'); process.kill(process.pid, 'SIGTERM'); }); setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50); setInterval(() => {}, 1_000);", 'bye\n'],
    ['by a listener that ends it only if there are no others', "const own = () => { console.log(process.listeners('SIGTERM').length); process.off('SIGTERM', own); process.kill(process.pid, 'SIGTERM'); }; process.on('SIGTERM', own); setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50); setInterval(() => {}, 1_000);", '1\n'],
  ])('has the profile of a program that is ended %s', async (_, code, output) => {
    await writeFile(join(folder, 'signal.cjs'), code);
    await rm(join(folder, 'signal.fogprofile'), { force: true });
    const { code: status, stdout } = await run('run', '--out', 'signal.fogprofile', 'signal.cjs');
    expect([status, stdout]).toEqual([143, output]);
    expect((await read('signal.fogprofile')).durationMs).toBeGreaterThan(40);
  });

  it('has the workers of a program, those that ended too', async () => {
    expect((await run('run', '--out', 'workers.fogprofile', 'workers.js')).code).toBe(0);
    const { workers } = await read('workers.fogprofile');
    expect(workers.map(({ title }) => title)).toEqual(['[worker 1] helper']);
    expect(workers[0]?.cpu.frames.map(({ name }) => name)).toContain('spin');
  });

  it.each(['process.exit(4)', "setImmediate(() => { throw new Error('thrown'); })"])('lets a program end whose workers run still: %s', async (end) => {
    await writeFile(join(folder, 'leaves.cjs'), `const { Worker, isMainThread, parentPort } = require('node:worker_threads');\nif (isMainThread) new Worker(__filename).on('message', () => { ${end}; });\nelse { parentPort.postMessage(1); setInterval(() => {}, 1_000); }\n`);
    await rm(join(folder, 'leaves.fogprofile'), { force: true });
    const { code } = await run('run', '--out', 'leaves.fogprofile', 'leaves.cjs');
    expect(code).toBe(end === 'process.exit(4)' ? 4 : 1);
    expect((await read('leaves.fogprofile')).durationMs).toBeGreaterThan(0);
  });

  it('passes on a signal once, though its group gets it', async () => {
    await writeFile(join(folder, 'counts.cjs'), "let count = 0; process.on('SIGINT', () => { count += 1; setTimeout(() => process.exit(10 + count), 300); }); setInterval(() => {}, 1_000); console.log('ready');\n");
    const started = spawn(process.execPath, [join(folder, 'cli/main.js'), 'run', '--out', 'counts.fogprofile', 'counts.cjs'], { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    await once(started.stdout, 'data');
    process.kill(-(started.pid ?? 0), 'SIGINT');
    expect(await once(started, 'exit')).toEqual([11, null]);
  });

  it('makes a report of a file, and of what changed between two', async () => {
    await run('run', '--out', 'before.fogprofile', 'exits.js');
    expect(await run('report', 'before.fogprofile', '--out', 'again.html')).toMatchObject({ code: 0, stdout: expect.stringContaining('spin') });
    expect(await run('diff', 'before.fogprofile', 'before.fogprofile')).toMatchObject({ code: 0, stdout: expect.stringContaining('diff.html') });
    expect(await readFile(join(folder, 'diff.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('shows what a process does that has its inspector open', async () => {
    const child = spawn(process.execPath, ['--inspect=0', join(folder, 'busy.js')], { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const port = await new Promise<string>((resolve) => {
        child.stderr.on('data', (chunk: Buffer) => {
          const [, found] = /127\.0\.0\.1:(\d+)/.exec(chunk.toString()) ?? [];
          if (found !== undefined) resolve(found);
        });
      });
      expect(await run('top', port, '--once', '--seconds', '0.5')).toMatchObject({ code: 0, stdout: expect.stringMatching(/busy \d+ %\n[^]* self +total +function\n[^]* %/) });
    } finally {
      child.kill();
    }
  });

  it.each(['<html>', 'null', '[]', '[{ "webSocketDebuggerUrl": "nonsense" }]', '[null]'])('says so where what answers is no inspector: %s', async (answer) => {
    const server = http.createServer((_, response) => response.end(answer)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { code, stderr } = await run('top', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.close();
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^[^\n]*cannot be reached[^\n]*\n$|^[^\n]*inspector[^\n]*\n$/);
  });

  it('keeps a recording that cannot be written as asked', async () => {
    const { code, stderr } = await run('run', '--mode', 'io', '--out', 'app.cpuprofile', 'app.cjs');
    expect([code, stderr]).toEqual([1, expect.stringContaining('ERR_PROFILER_NOT_RECORDED')]);
    const [, kept = ''] = /is kept in (.*)\n/.exec(stderr) ?? [];
    expect(parseProfile(await readFile(kept)).io).toBeDefined();
    await rm(dirname(kept), { recursive: true });
  });

  it.each([
    [['run'], 64, 'which program?'],
    [['run', '--mode', 'fast', 'app.cjs'], 64, '--mode is fast'],
    [['run', '--interval-us', '0', 'app.cjs'], 64, '--interval-us is 0'],
    [['frobnicate'], 64, 'there is no command frobnicate'],
    [['constructor'], 64, 'there is no command constructor'],
    [['report', 'missing.html'], 1, 'ERR_PROFILER_READ_FAILED'],
    [['report', 'app.cjs'], 1, 'ERR_PROFILER_INVALID_PROFILE'],
    [['top', 'nowhere'], 64, 'neither a port nor an address'],
    [['top', '1', '--once'], 1, 'ERR_PROFILER_INSPECTOR_UNREACHABLE'],
    [['run', '--out', 'missing/report.html', 'app.cjs'], 1, 'ERR_PROFILER_WRITE_FAILED'],
    [['run', '--out', 'report.pdf', 'app.cjs'], 1, 'ERR_PROFILER_INVALID_OPTION'],
    [['run', '--interval-us', '5', 'app.cjs'], 1, 'ERR_PROFILER_INVALID_OPTION'],
    [['top', '127.0.0.1:1', '--once'], 1, 'ERR_PROFILER_INSPECTOR_UNREACHABLE'],
    [['top', 'localhost:1/json', '--once'], 1, 'ERR_PROFILER_INSPECTOR_UNREACHABLE'],
  ])('refuses %j with status %d, and runs no program', async (args, code, message) => {
    expect(await run(...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  });

  it('registers a profiler that samples from the start, and never ends a program for its options', async () => {
    const register = join(folder, 'register.js');
    const runWith = (options: string | undefined) =>
      promisify(execFile)(process.execPath, ['--import', `file://${register}`, join(folder, 'app.cjs')], { env: { ...process.env, ...(options !== undefined && { FOG_PROFILER_OPTIONS: options }) } }).catch(
        (error: { code: number; stdout: string; stderr: string }) => error,
      );
    expect(await runWith(undefined)).toMatchObject({ stdout: 'ran\n', code: 3, stderr: '' });
    expect(await runWith('{"cpu":{"intervalUs":1}}')).toMatchObject({ stdout: 'ran\n', code: 3, stderr: expect.stringContaining('FogProfilerWarning') });
    expect(await runWith('nonsense')).toMatchObject({ stdout: 'ran\n', code: 3, stderr: expect.stringContaining('not profiled') });
  });
});
