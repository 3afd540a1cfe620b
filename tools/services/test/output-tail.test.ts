import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { OutputTail } from '../src/output-tail.js';

describe('the output tail', () => {
  it('holds the last 50 lines of both streams, however they are cut, without blank ones', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const tail = new OutputTail(stdout, stderr);
    for (let line = 1; line <= 60; line += 1) {
      stdout.write('line ');
      stdout.write(`${line}\r\n\n`);
    }
    stdout.end('unfinished');
    await new Promise((resolve) => stdout.once('end', resolve));
    expect(tail.lines).toHaveLength(50);
    expect(tail.lines.slice(-2)).toEqual(['line 60', 'unfinished']);
    stderr.end('error\n');
    await new Promise((resolve) => stderr.once('end', resolve));
    expect(tail.lines.at(-1)).toBe('error');
    expect(tail.lines[0]).toBe('line 13');
  });
});
