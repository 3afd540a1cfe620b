import { DecisionLatency } from './decision-latency.js';
import { Throughput } from './throughput.js';

/** What has happened to the tasks, in numbers. */
export class Ledger {
  submittedTotal = 0;
  refusedTotal = 0;
  succeededTotal = 0;
  failedTotal = 0;
  cancelledTotal = 0;
  requeuedTotal = 0;
  retriedTotal = 0;
  preemptedTotal = 0;
  readonly decisions: DecisionLatency = new DecisionLatency();
  readonly throughput: Throughput;

  constructor(nowMs: number) {
    this.throughput = new Throughput(nowMs);
  }

  get completedTotal(): number {
    return this.succeededTotal + this.failedTotal + this.cancelledTotal;
  }

  ended(state: 'succeeded' | 'failed' | 'cancelled', nowMs: number): void {
    if (state === 'succeeded') this.succeededTotal += 1;
    else if (state === 'failed') this.failedTotal += 1;
    else this.cancelledTotal += 1;
    this.throughput.add(nowMs);
  }
}
