/** V8's clock of CPU samples, in microseconds, which is that of `process.hrtime`. */
export const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);
