import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command was not called as it is meant to be. */
export class UsageError extends Error {}

/** Options and positionals, or a usage error. `least` and `most` positionals are wanted. */
export function parsed<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  [least, most]: readonly [number, number],
): { readonly values: ReturnType<typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>>['values']; readonly positionals: readonly string[] } {
  let found;
  try {
    found = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { length } = found.positionals;
  if (length < least || length > most) throw new UsageError(`${least === most ? least : `${least} to ${most}`} expected, ${length} given: ${found.positionals.join(' ')}`);
  return found;
}

/** Splits what is for the command from the program and what is for it: nothing behind the program is ours. */
export function splitProgram(args: readonly string[], withValue: ReadonlySet<string>): { readonly own: readonly string[]; readonly program: readonly string[] } {
  let index = 0;
  while (index < args.length && args[index]?.startsWith('-')) index += withValue.has(args[index] ?? '') ? 2 : 1;
  return { own: args.slice(0, index), program: args.slice(index) };
}

export function positiveNumber(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new UsageError(`${name} is ${text}, expected a number above 0`);
  return value;
}
