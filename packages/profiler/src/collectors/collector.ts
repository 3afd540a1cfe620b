/** One source of a recording. A start that rejects leaves nothing running. */
export interface Collector<Result> {
  start(): Promise<void>;
  /** Ends what `start` began, even when it rejects. */
  stop(): Promise<Result>;
}
