import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ManualClock } from './manual-clock.js';

/** What {@link checkConventions} needs to know of a package. */
export interface ConventionSubject {
  /** The folder's name, as in `pool`. */
  readonly name: string;
  /** All that `src/index.ts` exports. */
  readonly module: Readonly<Record<string, unknown>>;
  /** Path of `src`. */
  readonly source: string;
  /** An instance as a user makes one, on the clock given. */
  readonly create: (clock: ManualClock) => ConventionInstance | Promise<ConventionInstance>;
  /** Calls `create<Name>` with options that must be refused. */
  readonly createInvalid: () => unknown;
  readonly clock: ManualClock;
  /** Diagnostics channels of another library, whose place something in the package takes. @default none */
  readonly channelsOfOthers?: readonly string[];
}

interface ConventionInstance extends AsyncDisposable {
  stats(): object;
  close(): Promise<unknown>;
}

/**
 * Where a package departs from what the five share (docs/decisions/0002): one line a breach, none when all is well.
 * The packages share these conventions and no code; this check is what keeps them alike.
 */
export async function checkConventions(subject: ConventionSubject): Promise<string[]> {
  const breaches: string[] = [];
  const check = (holds: boolean, breach: string): void => {
    if (!holds) breaches.push(breach);
  };
  const Name = subject.name.replace(/^./, (first) => first.toUpperCase());

  checkExports(subject.module, Name, check);
  checkRefusal(subject, Name, check);
  checkSources(subject, check);

  const instance = await subject.create(subject.clock);
  checkStats(instance.stats(), check);
  check(typeof instance[Symbol.asyncDispose] === 'function', 'an instance has Symbol.asyncDispose');
  await instance.close();
  await instance.close();
  await instance[Symbol.asyncDispose]();
  check(subject.clock.pendingTimers === 0, `close() leaves no timer: ${subject.clock.pendingTimers} left`);
  return breaches;
}

type Check = (holds: boolean, breach: string) => void;

function checkExports(module: Readonly<Record<string, unknown>>, Name: string, check: Check): void {
  check(typeof module[`create${Name}`] === 'function', `exports create${Name}()`);
  check(typeof module[`${Name}Error`] === 'function', `exports ${Name}Error`);
  for (const [name, value] of Object.entries(module)) {
    const isClass = typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
    check(!isClass || name === `${Name}Error`, `exports no class but ${Name}Error: ${name} invites subclassing`);
  }
}

function checkRefusal({ createInvalid, name }: ConventionSubject, Name: string, check: Check): void {
  try {
    createInvalid();
    check(false, `create${Name}() refuses invalid options`);
  } catch (error) {
    const { name: errorName, code, message } = error as { name?: string; code?: string; message?: string };
    check(errorName === `${Name}Error`, `a refusal is a ${Name}Error, not ${errorName}`);
    check(code === `ERR_${name.toUpperCase()}_INVALID_OPTION`, `a refused option has code ERR_${name.toUpperCase()}_INVALID_OPTION, not ${code}`);
    check((message ?? '').length > 20, 'a refusal says which option, its value and what was expected');
  }
}

/** Words for a quantity whose unit a reader would have to guess. */
const UNITLESS = /(?:timeout|interval|delay|duration|lifetime|latency|memory|elapsed)$/i;

function checkSources({ name, source, channelsOfOthers = [] }: ConventionSubject, check: Check): void {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  for (const required of ['index.ts', 'options.ts', 'errors.ts', 'stats.ts', `${name}.ts`]) check(files.includes(required), `src/${required} exists`);
  for (const file of files) {
    const text = readFileSync(join(source, file), 'utf8');
    for (const [, channel = ''] of text.matchAll(/\bchannel\(\s*['"`]([^'"`]+)['"`]/g))
      check(channelsOfOthers.includes(channel) || new RegExp(`^@fog/${name}:[a-z-]+:[a-z-]+$`).test(channel), `${file}: channel ${channel} is named @fog/${name}:<noun>:<past participle>`);
    const publishes = text.match(/\.publish\(/g)?.length ?? 0;
    const guards = text.match(/\.hasSubscribers\b/g)?.length ?? 0;
    check(publishes <= guards, `${file}: every publish() is behind hasSubscribers`);
    for (const [, option = ''] of text.matchAll(/readonly (\w+)\??: number\b/g))
      check(!UNITLESS.test(option), `${file}: ${option} needs its unit in its name`);
    check(!/^(?:utils?|helpers?|common|misc|types|interfaces)\.ts$/.test(file), `${file} is named after its idea`);
  }
}

function checkStats(stats: object, check: Check): void {
  for (const [key, value] of Object.entries(stats)) {
    check(typeof value === 'number', `stats().${key} is a number, not ${typeof value}`);
    check(!UNITLESS.test(key), `stats().${key} needs its unit in its name`);
    check(!/^(?:total[A-Z]|num[A-Z]|count[A-Z])/.test(key), `stats().${key}: counters end in Total`);
  }
}
