/** One source of a recording. All of it is synchronous, so that a program that exits can still be recorded to its end. */
export interface Collector<Result> {
  /** One that throws leaves nothing running. */
  start(): void;
  /** Ends what `start` began, even when it throws. */
  stop(): Result;
}
