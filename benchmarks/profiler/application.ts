const FUNCTIONS_A_MODULE = 40;

/**
 * Compiled, run and kept, as the code of an application is: a profiler that starts walks the heap for it and keeps a map
 * of it. In modules, as V8's answers grow with the number of scripts too, of functions of some lines, as the map has them.
 */
export const application = (functions: number): unknown[] => Array.from({ length: functions / FUNCTIONS_A_MODULE }, (_, module) => loadModule(module));

function loadModule(module: number): unknown {
  const names = Array.from({ length: FUNCTIONS_A_MODULE }, (_, index) => `named${module}_${index}`);
  const text = names.map((name, index) => `function ${name}(more) {\n  let sum = value;\n  for (const one of [more, ${index}]) {\n    sum += one;\n  }\n  return sum;\n}`);
  // oxlint-disable-next-line typescript/no-implied-eval -- a script of its own, as a module is
  const made = new Function('value', `${text.join('\n')}\nreturn [${names.join(', ')}];`)(module) as ((more: number) => number)[];
  for (const each of made) each(1);
  return made;
}

export const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
