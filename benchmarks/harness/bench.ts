/**
 * A question asked of several contenders. One file `benchmarks/<package>/<question>.bench.ts` has one, as its default
 * export; `harness/README.md` tells how it is run.
 */
export interface Bench<Given = unknown> {
  /** `pool/acquire`: the package, then the question, as the file is named. */
  readonly name: string;
  /** The question, in words. */
  readonly title: string;
  /** What is counted once per iteration, as in `acquire + release`. */
  readonly operation: string;
  /** What varies, by name; each is put to every contender. */
  readonly cases: Readonly<Record<string, Given>>;
  /** Ours and the rivals, by the name a reader knows them by. Each is set up in a process of its own, unless they are `together`. */
  readonly contenders: Readonly<Record<string, (given: Given) => Subject | Promise<Subject>>>;
  /** The contender that the others' ratios are taken to: the floor, or the rival to beat. */
  readonly reference: string;
  /** Iterations of the run whose results must be equal. @default 64 */
  readonly checkIterations?: number;
  /** Processes a contender and case, interleaved with the others'. Fewer for what takes long. @default 5 */
  readonly rounds?: number;
  /**
   * All contenders in one process, where they are timed in turn, a sample each. For operations that end on the other side of a
   * socket or in another thread: what they take varies more from one moment to the next than from one pool to another, and a
   * process each would compare moments. @default false
   */
  readonly together?: boolean;
  /**
   * How long each contender runs before it counts, at least. Of what takes a hundred microseconds, so few are done in the default
   * that the compilers, whose threads count as CPU time too, would be measured with it. @default 150
   */
  readonly warmUpMs?: number;
  /** What must be reached, from the readings. */
  readonly targets: (readings: Readings) => readonly Reach[];
}

/** One contender, set up. */
export interface Subject {
  /**
   * Does the operation `iterations` times. What it gives, as JSON, must be the same for all contenders: a checksum, a
   * count, an order; proof that they did the same work.
   */
  run(iterations: number): unknown;
  /** Figures beside time, read after the last timed run: bytes, a p99. Their units belong in their names. */
  figures?(): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  close?(): unknown;
}

/** Medians over the rounds. */
export interface Readings {
  /** CPU time of all threads of the process, an operation. */
  cpuNs(contender: string, given?: string): number;
  wallNs(contender: string, given?: string): number;
  /** JavaScript heap allocated an operation; `NaN` where collections hid it. */
  heapBytes(contender: string, given?: string): number;
  /** One of the subject's own {@link Subject.figures}. */
  figure(name: string, contender: string, given?: string): number;
}

/** A target: `value` stands in the relation that `reach` states, as in `<= 1.3` or `>= 8`. */
export interface Reach {
  readonly id: string;
  readonly reach: `${'<=' | '>='} ${number}`;
  readonly value: number;
}

/** Checks the shape at compile time; the contenders' `given` is inferred from the cases. */
export function defineBench<Given>(bench: Bench<Given>): Bench<Given> {
  if (!(bench.reference in bench.contenders)) throw new Error(`${bench.name}: the reference ${bench.reference} is none of the contenders`);
  return bench;
}
