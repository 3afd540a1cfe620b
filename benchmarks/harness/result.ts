import type { Bench, Readings } from './bench.js';
import type { Machine } from './machine.js';
import type { Measurement } from './measure.js';
import { holds, spread, type Spread } from './statistics.js';

/** What `results/<package>/<question>.json` holds. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly operation: string;
  readonly reference: string;
  readonly command: string;
  readonly date: string;
  readonly machine: Machine;
  readonly commit: string;
  readonly rounds: number;
  readonly cases: readonly CaseResult[];
  readonly targets: readonly { readonly id: string; readonly reach: string; readonly value: number; readonly holds: boolean }[];
}

export interface CaseResult {
  readonly name: string;
  readonly contenders: readonly ContenderResult[];
}

export interface ContenderResult {
  readonly name: string;
  readonly cpuNs: Spread;
  readonly wallNs: Spread;
  /** `null` where collections hid it. */
  readonly heapBytes: number | null;
  readonly figures: Readonly<Record<string, Spread>>;
}

/** All rounds of one bench, by case and contender. */
export class Rounds {
  readonly #measurements = new Map<string, Measurement[]>();
  readonly #heapBytes = new Map<string, number>();

  add(given: string, contender: string, measurement: Measurement): void {
    const key = `${given}\0${contender}`;
    const known = this.#measurements.get(key);
    if (known === undefined) this.#measurements.set(key, [measurement]);
    else known.push(measurement);
  }

  addHeap(given: string, contender: string, heapBytes: number): void {
    this.#heapBytes.set(`${given}\0${contender}`, heapBytes);
  }

  contender(given: string, name: string): ContenderResult {
    const measurements = this.#measurements.get(`${given}\0${name}`) ?? [];
    const heapBytes = this.#heapBytes.get(`${given}\0${name}`) ?? Number.NaN;
    const figures = Object.keys(measurements[0]?.figures ?? {});
    return {
      name,
      cpuNs: spread(measurements.map(({ cpuNs }) => cpuNs)),
      wallNs: spread(measurements.map(({ wallNs }) => wallNs)),
      heapBytes: Number.isNaN(heapBytes) ? null : Math.round(heapBytes),
      figures: Object.fromEntries(figures.map((figure) => [figure, spread(measurements.map((measurement) => measurement.figures[figure] ?? Number.NaN))])),
    };
  }
}

/** The cases in the bench's order, and its targets judged. */
export function conclude<Given>(bench: Bench<Given>, rounds: Rounds): Pick<Result, 'cases' | 'targets'> {
  const cases = Object.keys(bench.cases).map((name) => ({
    name,
    contenders: Object.keys(bench.contenders).map((contender) => rounds.contender(name, contender)),
  }));
  const targets = bench.targets(readingsOf(bench, cases)).map(({ id, reach, value }) => ({ id, reach, value: rounded(value), holds: holds(reach, value) }));
  return { cases, targets };
}

function readingsOf({ name: bench }: Pick<Bench, 'name'>, cases: readonly CaseResult[]): Readings {
  const find = (contender: string, given?: string): ContenderResult => {
    const { contenders } = (given === undefined ? cases[0] : cases.find(({ name }) => name === given)) ?? {};
    const found = contenders?.find(({ name }) => name === contender);
    if (found === undefined) throw new Error(`${bench}: a target asks for ${contender} in ${given ?? 'the first case'}, which was not measured`);
    return found;
  };
  return {
    cpuNs: (contender, given) => find(contender, given).cpuNs.median,
    wallNs: (contender, given) => find(contender, given).wallNs.median,
    heapBytes: (contender, given) => find(contender, given).heapBytes ?? Number.NaN,
    figure: (name, contender, given) => find(contender, given).figures[name]?.median ?? Number.NaN,
  };
}

const rounded = (value: number): number => Number(value.toPrecision(4));
