import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { descendants, running, signalAll } from '../src/process-tree.js';

describe('the process tree', () => {
  it('has children and their children, and loses those that end', async () => {
    const grandchild = `setInterval(() => {}, 1000); process.stdout.write('x')`;
    const child = spawn(process.execPath, ['-e', `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' })`], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const pids = descendants(child.pid ?? 0);
    expect(pids).toHaveLength(1);
    expect(descendants(process.pid)).toEqual(expect.arrayContaining([child.pid, ...pids]));
    expect(running(pids)).toEqual(pids);
    signalAll([...pids, child.pid ?? 0], 'SIGKILL');
    await once(child, 'close');
    expect(running([...pids, child.pid ?? 0])).toEqual([]);
    signalAll(pids, 'SIGKILL'); // Gone already, which is no error.
  });
});
