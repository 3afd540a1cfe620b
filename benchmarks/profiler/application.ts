/** Compiled and kept, as the code of an application is: a profiler that starts walks the heap for it. */
export const application = (functions: number): unknown[] =>
  Array.from({ length: functions }, (_, index) => {
    // oxlint-disable-next-line typescript/no-implied-eval -- each is a script's function of its own, as modules have
    const made = new Function('value', `return function named${index}(more) { return value + more + ${index}; }`)(index) as (more: number) => number;
    made(1);
    return made;
  });

export const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
