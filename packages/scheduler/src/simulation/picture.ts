import { invalidOption } from '../errors.js';
import { checkOptions } from '../refusal.js';
import type { WorkerOptions } from '../workers/worker-options.js';
import type { TaskOutcome } from './outcome.js';
import type { Simulation } from './simulate.js';

export interface PictureOptions {
  /** In pixels, above 0. @default 960 */
  readonly width?: number;
  /** In pixels, above 0, of the Gantt chart; the curves below take half of it each. @default 320 */
  readonly height?: number;
}

const MARGIN = 48;
/** More bars than that could not be told apart. */
const MOST_BARS = 4_000;
const COLOURS: readonly string[] = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00'];

/**
 * A schedule as SVG: a Gantt chart, as long as its bars can be told apart, with a bar as high as the CPUs a task holds, coloured by tenant or name;
 * below it the share of all CPUs in use, and the tasks that wait.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`.
 */
export function drawSchedule(simulation: Simulation, cluster: readonly WorkerOptions[], options: PictureOptions = {}): string {
  const { outcomes } = (simulation as Partial<Simulation> | null) ?? {};
  if (!Array.isArray(outcomes)) throw invalidOption('simulation', simulation, 'what simulate() gave');
  if (!Array.isArray(cluster)) throw invalidOption('cluster', cluster, 'the workers it was simulated with');
  checkOptions(options, ['width', 'height']);
  const { width = 960, height = 320 } = options;
  for (const [name, value] of Object.entries({ width, height })) if (!(typeof value === 'number' && value > 0 && value < Infinity)) throw invalidOption(name, value, 'a number above 0');
  const startMs = outcomes.reduce((first, { task }) => Math.min(first, task.submitMs), Infinity);
  const endMs = outcomes.reduce((last, outcome) => Math.max(last, outcome.endMs), 0);
  const span = Math.max(1, endMs - startMs);
  const x = (ms: number): number => MARGIN + ((ms - startMs) / span) * (width - 2 * MARGIN);
  const cpus = cluster.reduce((sum, { capacity }) => sum + capacity.cpu, 0) || 1; // Workers may have none at all.
  const drawn = outcomes.length <= MOST_BARS;
  const chart = drawn ? height : 0;
  const half = height / 2;
  const parts: string[] = [];
  if (drawn) parts.push(label(20, 'tasks'), ...barsOf(outcomes, cluster, cpus, x, height));
  const used = curve(outcomes.flatMap((outcome) => steps(outcome.startMs, outcome.endMs, cpuOf(outcome))));
  const waiting = curve(outcomes.flatMap((outcome) => steps(outcome.task.submitMs, outcome.startMs, 1)));
  const mostWaiting = waiting.reduce((most, [, value]) => Math.max(most, value), 1);
  parts.push(label(chart + 52, 'CPUs in use, % of all'), area(used, x, chart + 60, half, cpus, '#0072b2'));
  parts.push(label(chart + half + 92, `waiting tasks, ${mostWaiting} at most`), area(waiting, x, chart + half + 100, half, mostWaiting, '#d55e00'));
  const bottom = chart + height + 130;
  parts.push(label(bottom - 8, `from ${clockOf(0)} to ${clockOf(span)} (d h:min:s)`));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom}" viewBox="0 0 ${width} ${bottom}" role="img">
<title>Schedule of ${outcomes.length} tasks</title>
<style>text{font:13px system-ui,sans-serif;fill:#24292f}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>
${parts.join('\n')}
</svg>
`;
}

const cpuOf = ({ task }: TaskOutcome): number => (task.needs === undefined ? 1 : (task.needs.cpu ?? 0));

/** Each bar on CPUs of its worker that are free as long as it runs; side by side where there are enough, else on top of others. */
function barsOf(outcomes: readonly TaskOutcome[], cluster: readonly WorkerOptions[], cpus: number, x: (ms: number) => number, height: number): string[] {
  const bars: string[] = [];
  const colours = new Map<string, string>();
  let top = 0;
  for (const { id, capacity } of cluster) {
    const lanes = new Float64Array(Math.max(1, Math.min(1_024, Math.ceil(capacity.cpu)))).fill(-Infinity);
    const perLane = capacity.cpu / lanes.length;
    for (const outcome of outcomes.filter(({ workerId }) => workerId === id).toSorted((a, b) => a.startMs - b.startMs)) {
      const wanted = Math.min(lanes.length, Math.max(1, Math.round(cpuOf(outcome) / Math.max(perLane, 1e-9))));
      const { task, startMs, endMs } = outcome;
      const kind = task.tenant ?? task.name;
      const colour = colours.get(kind) ?? COLOURS[colours.size % COLOURS.length] ?? '';
      colours.set(kind, colour);
      for (const [first, count] of runsOf(lanes, wanted, startMs)) {
        lanes.fill(endMs, first, first + count);
        const y = 28 + ((top + first * perLane) / cpus) * height;
        bars.push(`<rect x="${fixed(x(startMs))}" y="${fixed(y)}" width="${fixed(Math.max(0.5, x(endMs) - x(startMs)))}" height="${fixed(Math.max(0.5, ((count * perLane) / cpus) * height - 0.5))}" fill="${colour}"><title>${escaped(`${task.id} ${kind}`)}</title></rect>`);
      }
    }
    top += capacity.cpu;
  }
  return bars;
}

/** Runs of free lanes that make up `wanted`. */
function runsOf(lanes: Float64Array, wanted: number, startMs: number): [first: number, count: number][] {
  const runs: [number, number][] = [];
  let left = wanted;
  for (let lane = 0; lane < lanes.length && left > 0; lane += 1) {
    if ((lanes[lane] ?? 0) > startMs) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === lane) last[1] += 1;
    else runs.push([lane, 1]);
    left -= 1;
  }
  return runs.length > 0 ? runs : [[0, wanted]];
}

const steps = (fromMs: number, toMs: number, value: number): [number, number][] => [[fromMs, value], [toMs, -value]];

/** Sums of steps, by time. */
function curve(changes: [number, number][]): [ms: number, value: number][] {
  const points: [number, number][] = [];
  let value = 0;
  for (const [ms, change] of changes.toSorted((a, b) => a[0] - b[0])) {
    value += change;
    const last = points.at(-1);
    if (last !== undefined && last[0] === ms) last[1] = value;
    else points.push([ms, value]);
  }
  return points;
}

/** At most one step a pixel: its mean would hide peaks, so it is the highest. */
function area(points: readonly [number, number][], x: (ms: number) => number, top: number, height: number, most: number, colour: string): string {
  const bottom = top + height;
  let path = '';
  let pixel = -1;
  let peak = 0;
  for (const [ms, value] of points) {
    const at = Math.floor(x(ms));
    peak = at === pixel ? Math.max(peak, value) : value;
    path += at === pixel ? `V${fixed(bottom - (peak / most) * height)}` : `H${at}V${fixed(bottom - (value / most) * height)}`;
    pixel = at;
  }
  const left = Math.floor(x(points[0]?.[0] ?? 0));
  return points.length === 0 ? '' : `<path d="M${left} ${fixed(bottom)}${path}V${fixed(bottom)}Z" fill="${colour}" fill-opacity=".7"/>`;
}

const label = (y: number, text: string): string => `<text x="${MARGIN}" y="${fixed(y)}">${escaped(text)}</text>`;
const fixed = (value: number): string => String(Math.round(value * 10) / 10);
/** For XML, which knows no control characters. */
const escaped = (text: string): string => text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD').replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

function clockOf(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const two = (value: number): string => String(value % 60).padStart(2, '0');
  return `${Math.floor(seconds / 86_400)} ${Math.floor(seconds / 3_600) % 24}:${two(Math.floor(seconds / 60))}:${two(seconds)}`;
}
