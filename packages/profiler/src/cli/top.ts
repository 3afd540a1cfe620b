import process from 'node:process';
import { COVERAGE, withInlined } from '../collectors/function-ranges.js';
import { objectAt, objectIn } from '../formats/json.js';
import { readCpuProfile } from '../formats/cpuprofile.js';
import { createProfile } from '../profile.js';
import { connectInspector } from './inspector-client.js';
import { tableOf } from './summary.js';
import { UsageError, parsed, positiveNumber } from './usage.js';

const ROWS = 20;
const INTERVAL_US = 1_000;

export async function top(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args, { seconds: { type: 'string', default: '2' }, once: { type: 'boolean', default: false } }, [1, 1]);
  const seconds = positiveNumber('--seconds', values.seconds);
  await using inspector = await connectInspector(addressOf(positionals[0] ?? ''));
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  do {
    await inspector.call('Profiler.start');
    await new Promise((resolve) => setTimeout(resolve, seconds * 1e3));
    const samples = readCpuProfile(objectIn(objectAt('Profiler.stop', await inspector.call('Profiler.stop')), 'profile'));
    const cpu = withInlined(samples, await inspector.call(COVERAGE)); // By the files that lie here, if they are the same.
    const profile = createProfile({ durationMs: seconds * 1e3, cpu });
    const { busy, total } = profile.costs();
    const table = `busy ${((100 * busy) / (total || 1)).toFixed(0)} %\n\n${tableOf(profile, ROWS)}\n`;
    process.stdout.write(process.stdout.isTTY ? `\u001b[H\u001b[2J${table}` : `${table}\n`);
  } while (!values.once && !interruption.signal.aborted);
  await inspector.call('Profiler.disable');
  return 0;
}

const HOST_AND_PORT = /^(?:[\w.-]+|\[[\da-f:]+\]):\d+(?:\/|$)/i;

function addressOf(given: string): URL {
  const text = /^\d+$/.test(given) ? `http://127.0.0.1:${given}` : HOST_AND_PORT.test(given) ? `http://${given}` : given.replace(/^ws:/, 'http:');
  if (!URL.canParse(text) || !text.startsWith('http:')) throw new UsageError(`${given} is neither a port nor an address of an inspector`);
  return new URL(text);
}
