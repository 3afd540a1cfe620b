import { simulate, type Policy, type SimulationEstimator, type TraceTask, type WorkerOptions } from '@fog/scheduler';
import { defineBench, type Subject } from '../harness/bench.js';
import { asRequested, clairvoyant } from './rivals.js';
import { casesOf, textOf } from './traces.js';

const KIB = 1_024;

/** Two classes of nodes, as the trace's own list has them. */
function nodes(): WorkerOptions[] {
  return textOf('hpc/zewura-nodes.csv').split('\n').slice(1).flatMap((row) => {
    const [name = '', count, cores, memoryKiB] = row.split(',');
    return Array.from({ length: Number(count) }, (_, index): WorkerOptions => ({ id: `${name}${index}`, capacity: { cpu: Number(cores), memoryBytes: Number(memoryKiB) * KIB }, labels: { class: name } }));
  });
}

/** Jobs of several chunks are as many tasks, for the trace tells needs by the chunk; what no node could run is left out. */
function jobs(): TraceTask[] {
  const classes = new Map(nodes().map(({ labels, capacity }) => [labels?.['class'] ?? '', capacity]));
  return textOf('hpc/zewura-2013.csv.gz').split('\n').slice(1).flatMap((row): TraceTask[] => {
    const [id = '', submit, , run, procs, request, memory, user, queue = '', spec = ''] = row.split(',');
    const [chunks = 1, perChunk = Number(procs)] = (/^(\d+):ppn=(\d+)/.exec(spec) ?? []).slice(1).map(Number);
    const wanted = /cl_(zewura|zegox)/.exec(spec)?.[1];
    const needs = { cpu: perChunk, memoryBytes: Number(memory) };
    const fits = [...classes].some(([name, capacity]) => (wanted ?? name) === name && capacity.cpu >= needs.cpu && (capacity.memoryBytes ?? 0) >= needs.memoryBytes);
    const task = { name: queue, tenant: `user ${user}`, submitMs: Number(submit) * 1_000, runMs: Math.max(1, Number(run)) * 1_000, estimateMs: Math.max(1, Number(request)) * 1_000, needs };
    const placed = wanted === undefined ? task : { ...task, affinity: { required: { class: wanted } } };
    return fits ? Array.from({ length: chunks }, (_, chunk) => ({ ...placed, id: `${id}.${chunk}` })) : [];
  });
}

function subject(policy: Policy | 'adaptive', estimator?: SimulationEstimator): Subject {
  const tasks = jobs();
  const cluster = nodes();
  const run = (count: number) => simulate(tasks.slice(0, count), cluster, policy, estimator === undefined ? {} : { estimator });
  return {
    run: (iterations) => {
      let done = 0;
      while (done < iterations) done += run(Math.min(tasks.length, iterations - done)).outcomes.length;
      return done;
    },
    figures: () => {
      const { measures } = run(tasks.length);
      return { meanBoundedSlowdown: measures.meanBoundedSlowdown, maxWaitDays: measures.maxWaitMs / 86_400_000 };
    },
  };
}

const OURS = '@fog/scheduler adaptive, learned';
const CASE = 'zewura, 2013';
const cases = casesOf([[CASE, 'hpc/zewura-2013.csv.gz', undefined]]);
const fcfs = (load: number): Policy => ({ name: 'FCFS', order: () => 0, weights: { load }, backfill: Infinity, reserves: () => false });

export default defineBench<undefined>({
  name: 'scheduler/zewura',
  title: 'How long do jobs wait that need cores and memory of two classes of nodes?',
  operation: 'task simulated',
  cases,
  reference: 'first come, emptiest node',
  rounds: 1,
  contenders: {
    [OURS]: () => subject('adaptive'),
    '@fog/scheduler adaptive, user estimates': () => subject('adaptive', asRequested),
    '@fog/scheduler adaptive, clairvoyant': () => subject('adaptive', clairvoyant),
    'first come, emptiest node': () => subject(fcfs(-1)),
    'first come, fullest node': () => subject(fcfs(1)),
    'shortest first, fullest node': () => subject({ ...fcfs(1), name: 'SJF', order: (task) => task.estimate.medianMs }, asRequested),
  },
  targets: (readings) => (CASE in cases ? [{ id: 'mean bounded slowdown, learned', reach: '<= 30', value: readings.figure('meanBoundedSlowdown', OURS, CASE) }] : []),
});
