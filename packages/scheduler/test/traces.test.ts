import { describe, expect, it } from '@jest/globals';
import { drawSchedule, lublinTrace, readCsv, readNdjson, readSwf, simulate } from '../src/index.js';
import { codeOf } from './workload.js';

const SWF = `; Computer: Example
; MaxProcs: 64
; MaxNodes: 32
 1 100 5 60 4 -1 -1 4 120 -1 1 7 1 3 1 -1 -1 -1
 2 101 5 -1 4 -1 -1 4 120 -1 0 7 1 3 1 -1 -1 -1
 3 102 -1 30 -1 -1 -1 2 -1 -1 1 -1 -1 -1 -1 -1 -1 -1
`;

describe('the reader of the Standard Workload Format', () => {
  it('takes what ran: sizes, times, user and executable, and the size of the machine', () => {
    expect(readSwf(SWF)).toEqual({
      processors: 64,
      tasks: [
        { id: '1', name: 'executable 3', tenant: 'user 7', submitMs: 100_000, runMs: 60_000, estimateMs: 120_000, needs: { cpu: 4 } },
        { id: '3', name: 'job', tenant: undefined, submitMs: 102_000, runMs: 30_000, estimateMs: undefined, needs: { cpu: 2 } },
      ],
    });
  });

  it('takes lines however they end, and a byte order mark; 0 processors are as unknown as -1', () => {
    const { tasks } = readSwf(SWF);
    for (const end of ['\r\n', '\r']) expect(readSwf(`\uFEFF${SWF.replaceAll('\n', end)}`).tasks).toEqual(tasks);
    expect(readSwf('; MaxProcs: 0\n; MaxNodes: 5\n').processors).toBe(5);
  });

  it('names the line it cannot read', () => {
    expect(() => readSwf(`${SWF}4 5 x`)).toThrow('line 7');
    expect(() => readSwf('1 0 5 1e400 4 -1 -1 4 120 -1 1 7 1 3 1 -1 -1 -1')).toThrow('line 1');
    for (const read of [readSwf, readCsv, readNdjson]) expect(codeOf(() => read(undefined as unknown as string))).toBe('ERR_SCHEDULER_INVALID_TRACE');
    expect(codeOf(() => readSwf('1 2 3'))).toBe('ERR_SCHEDULER_INVALID_TRACE');
  });
});

describe('the readers of rows', () => {
  const task = { id: 'a', name: 'resize, large', submitMs: 0, runMs: 20, deadlineMs: 90, needs: { cpu: 0.5, licences: 1 } };

  it('take the same task from either form', () => {
    expect(readCsv('id,name,submitMs,runMs,deadlineMs,cpu,licences,tenant\r\na,"resize, large",0,20,90,0.5,1,\n\n').tasks).toEqual([task]);
    expect(readNdjson(`${JSON.stringify(task)}\n\n`).tasks).toEqual([task]);
    expect(readNdjson('{"submitMs":1,"runMs":2}').tasks).toEqual([{ id: '1', name: 'task', submitMs: 1, runMs: 2 }]);
    expect(readNdjson('\uFEFF{"submitMs":1,"runMs":2}\r\n').tasks).toEqual([{ id: '1', name: 'task', submitMs: 1, runMs: 2 }]);
    expect(readCsv('submitMs,runMs,name\n1,2,"say ""hi"""').tasks).toEqual([{ id: '1', name: 'say "hi"', submitMs: 1, runMs: 2 }]);
  });

  it('name the line and what is wrong there', () => {
    for (const [text, what] of [['id,runMs\n', 'column submitMs'], ['submitMs,runMs\n1,x', 'line 2: runMs'], ['submitMs,runMs\n1,-2', 'line 2: runMs'], ['submitMs,runMs,id\n1,2,"x', 'line 2'], ['submitMs,runMs\n1,2,3', 'line 2'], ['submitMs,runMs,cpu\n1,2', 'line 2'], ['submitMs,runMs,runMs\n', 'line 1'], ['submitMs,runMs,\n', 'line 1']] as const)
      expect(() => readCsv(text)).toThrow(what);
    for (const [text, what] of [['{"submitMs":1,"runMs":2}\n{', 'line 2'], ['5', 'line 1'], ['{"submitMs":1,"runMs":2,"deadlineMs":0}', 'deadlineMs'], ['{"submitMs":1,"runMs":2,"estimateMs":"5"}', 'estimateMs'], ['{"submitMs":1,"runMs":2,"gang":{"id":"g","size":2}}', 'gang']] as const) expect(() => readNdjson(text)).toThrow(what);
  });
});

describe('the generated trace', () => {
  it('is the same for the same seed, and another for another', () => {
    const trace = lublinTrace({ tasks: 50, seed: 3 });
    expect(lublinTrace({ tasks: 50, seed: 3 })).toEqual(trace);
    expect(lublinTrace({ tasks: 50, seed: 4 })).not.toEqual(trace);
  });

  it('has the shares and the daily cycle of the model', () => {
    const { tasks, processors } = lublinTrace({ tasks: 20_000, processors: 128 });
    const share = (holds: (task: (typeof tasks)[number]) => boolean): number => tasks.filter(holds).length / tasks.length;
    const cpuOf = (task: (typeof tasks)[number]): number => task.needs?.cpu ?? 0;
    expect(processors).toBe(128);
    expect(share((task) => cpuOf(task) === 1)).toBeCloseTo(0.244, 1);
    expect(share((task) => Number.isInteger(Math.log2(cpuOf(task))))).toBeGreaterThan(0.6);
    expect(tasks.every((task) => cpuOf(task) >= 1 && cpuOf(task) <= 128 && task.runMs <= 2 * 86_400_000 && (task.estimateMs ?? 0) >= task.runMs)).toBe(true);
    const hours = Array.from({ length: 24 }, (_, hour) => share((task) => Math.floor(task.submitMs / 3_600_000 + 11) % 24 === hour));
    expect(Math.max(...hours)).toBeGreaterThan(5 * Math.min(...hours));
    expect(hours.indexOf(Math.max(...hours))).toBeGreaterThanOrEqual(11);
  });

  it('refuses what makes no trace', () => {
    for (const options of [{ tasks: 0 }, { tasks: 1.5 }, { tasks: 1, processors: 0 }, { tasks: 1, seed: 0.5 }, { tasks: 1, overestimate: -1 }, { tasks: 1, interarrival: 0 }, { tasks: 1, interarrival: 1e300 }, { tasks: 1e10 }, { tasks: 1, procesors: 3 }, { tasks: 1, overestimate: '1' }, { tasks: 1, interarrival: true }, undefined, null])
      expect(codeOf(() => lublinTrace(options as never))).toBe('ERR_SCHEDULER_INVALID_OPTION');
  });
});

describe('a simulation', () => {
  const machine = { id: 'machine', capacity: { cpu: 2 } };
  const run = (submitMs: number, more: object = {}) => ({ id: `at ${submitMs}`, name: 'run', submitMs, runMs: 10, ...more });

  it('takes tasks in any order, counts deadlines, and sets aside what no worker could run', () => {
    const { outcomes, refused, measures } = simulate([run(5, { needs: { cpu: 2 }, deadlineMs: 12 }), run(0, { needs: { cpu: 2 }, deadlineMs: 10 }), run(3, { needs: { cpu: 3 } })], [machine], 'fifo');
    expect(outcomes.map(({ task, startMs, waitMs, endMs }) => [task.id, startMs, waitMs, endMs])).toEqual([['at 0', 0, 0, 10], ['at 5', 10, 5, 20]]);
    expect(refused.map(({ id }) => id)).toEqual(['at 3']);
    expect(measures).toMatchObject({ refused: 1, deadlinesMet: 1, deadlinesMissed: 1 });
  });

  it('runs tasks in half the time on a worker of twice the speed, and learns what they would take on one of speed 1', () => {
    const { outcomes } = simulate([run(0), run(100)], [{ ...machine, speed: 2 }], 'fifo');
    expect(outcomes.map(({ startMs, endMs }) => endMs - startMs)).toEqual([5, 5]);
    expect(outcomes[1]?.estimate.medianMs).toBeCloseTo(10);
  });

  it('gives a task past its longest wait its turn', () => {
    const stream = Array.from({ length: 100 }, (_, index) => run(index * 5, { needs: { cpu: 1 }, priority: 1 }));
    const { outcomes } = simulate([...stream, { ...run(1, { needs: { cpu: 2 }, maxWaitMs: 50 }), id: 'large' }], [machine], 'affinity');
    expect(outcomes.find(({ task }) => task.id === 'large')?.waitMs).toBeLessThan(75);
  });

  it('expects anew of a task that has waited for half of what it should run what others of its kind took', () => {
    let ended = 0;
    const exactly = (ms: number) => ({ medianMs: ms, lowerMs: ms, upperMs: ms, runs: ended });
    const estimator = { predict: ({ name }: { name: string }) => exactly(name === 'quick after all' && ended > 0 ? 1 : name === 'quick after all' ? 100 : 50), observe: () => void (ended += 1) };
    const shortest = { name: 'shortest first', order: (task: { estimate: { medianMs: number } }) => task.estimate.medianMs, reorders: true, weights: {}, backfill: false };
    const startsAt = (firstRunMs: number): number[] => {
      ended = 0;
      const trace = [run(0, { name: 'quick after all', runMs: firstRunMs }), run(1, { name: 'quick after all' }), run(2, { name: 'other' })];
      return simulate(trace, [{ id: 'machine', capacity: { cpu: 1 } }], shortest, { estimator }).outcomes.map(({ startMs }) => startMs);
    };
    expect(startsAt(200)).toEqual([0, 200, 210]);
    expect(startsAt(40)).toEqual([0, 50, 40]); // Has not waited for long: what was expected stands.
  });

  it('is the same each time, for every strategy, and tells how far it is', () => {
    const trace = lublinTrace({ tasks: 300, processors: 64, seed: 9 });
    const workers = ['a', 'b'].map((id) => ({ id, capacity: { cpu: 64 } }));
    for (const strategy of ['fifo', 'priority', 'sla', 'cost', 'affinity', 'adaptive'] as const) {
      const seen: number[] = [];
      const first = simulate(trace, workers, strategy, { onProgress: (done) => seen.push(done) });
      expect(first).toEqual(simulate(trace, workers, strategy));
      expect(first.outcomes).toHaveLength(300);
      expect(seen.at(-1)).toBe(1);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    }
  });

  it('is measured as by hand', () => {
    const trace = [run(0, { runMs: 20_000, needs: { cpu: 4 } }), run(0, { runMs: 5_000, needs: { cpu: 2 }, deadlineMs: 30_000 }), run(1_000, { runMs: 40_000, needs: { cpu: 2 }, deadlineMs: 30_000 })];
    // The second waits 20 s for its 5, which count as 10; the third 19 s for its 40. In use: (20 × 4 + 5 × 2 + 40 × 2) / (60 × 4).
    expect(simulate(trace, [{ id: 'w', capacity: { cpu: 4 }, pricePerHour: 3_600 }], 'fifo').measures).toMatchObject({
      tasks: 3, makespanMs: 60_000, meanWaitMs: 13_000, p95WaitMs: 20_000, maxWaitMs: 20_000, deadlinesMet: 1, deadlinesMissed: 1, cost: 60,
      meanBoundedSlowdown: expect.closeTo((1 + 2.5 + 59 / 40) / 3), p99BoundedSlowdown: 2.5, utilisationRatio: expect.closeTo(170 / 240),
    });
  });

  it('can be drawn, however many tasks it has and whatever they are called, and refuses what makes no picture', () => {
    const named = simulate([run(0, { id: '<a\0&"', tenant: ']]><script>', needs: { memoryBytes: 1 } })], [{ id: 'w', capacity: { cpu: 0, memoryBytes: 1 } }], 'fifo');
    const svg = drawSchedule(named, [{ id: 'w', capacity: { cpu: 0, memoryBytes: 1 } }]);
    expect(svg).not.toMatch(/NaN|Infinity|<script>|\0/);
    const [outcome] = named.outcomes;
    if (outcome === undefined) throw new Error('nothing has run');
    const outcomes = Array.from({ length: 200_000 }, (_, index) => ({ ...outcome, startMs: index, endMs: index + 1 }));
    expect(drawSchedule({ ...named, outcomes }, [machine])).toContain('200000 tasks');
    for (const options of [{ width: 0 }, { height: Infinity }, { wdth: 3 }, { width: true }, null]) expect(codeOf(() => drawSchedule(named, [machine], options as never))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    for (const nothing of [undefined, null, {}, []]) expect(codeOf(() => drawSchedule(nothing as never, [machine]))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    expect(codeOf(() => drawSchedule(named, undefined as never))).toBe('ERR_SCHEDULER_INVALID_OPTION');
  });

  it('refuses tasks, workers, policies and options that are none', () => {
    for (const tasks of [[run(-1)], [run(Number.NaN)], [run(0, { runMs: -1 })], [run(0, { estimateMs: 0 })], [run(0, { name: '' })], [run(0, { priority: Number.NaN })]])
      expect(codeOf(() => simulate(tasks, [machine]))).toBe('ERR_SCHEDULER_INVALID_TRACE');
    for (const trace of [undefined, null, 'x', 5, { tasks: 5 }, new Set()]) expect(codeOf(() => simulate(trace as unknown as [], [machine]))).toBe('ERR_SCHEDULER_INVALID_TRACE');
    for (const options of [{ estimator: {} }, { estimator: null }, { onProgress: 5 }, { shortestRunMs: '5' }, null, 7]) expect(codeOf(() => simulate([], [machine], 'fifo', options as object))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    expect(codeOf(() => simulate([], [null as unknown as typeof machine]))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    expect(codeOf(() => simulate([], []))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    expect(codeOf(() => simulate([], [machine], 'best' as 'fifo'))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    expect(codeOf(() => simulate([], [machine], 'fifo', { shortestRunMs: 0 }))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    expect(codeOf(() => simulate([], [machine], 'fifo', { speed: 1 } as object))).toBe('ERR_SCHEDULER_INVALID_OPTION');
  });
});
