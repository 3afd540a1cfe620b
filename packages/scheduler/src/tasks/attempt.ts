import type { TaskContext } from '../executor.js';

/** What one attempt of a task sees. Its signal is made when asked for: an AbortController costs more than a short task. */
export class Attempt implements TaskContext {
  declare readonly workerId: string;
  declare readonly attempt: number;
  declare readonly gpus: readonly number[];
  declare private controller: AbortController | undefined;
  declare private abortedFor: { readonly reason: unknown } | undefined;

  constructor(workerId: string, attempt: number, gpus: readonly number[]) {
    this.workerId = workerId;
    this.attempt = attempt;
    this.gpus = gpus;
    this.controller = undefined;
    this.abortedFor = undefined;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.abortedFor !== undefined) this.controller.abort(this.abortedFor.reason);
    }
    return this.controller.signal;
  }

  get aborted(): boolean {
    return this.abortedFor !== undefined;
  }

  abort(reason: unknown): void {
    this.abortedFor ??= { reason };
    this.controller?.abort(reason);
  }
}
