import type { Node, Pod } from './openb.js';

interface Machine {
  readonly model: string;
  cpu: number;
  memoryBytes: number;
  readonly gpus: number[];
  /** Fragments there now; `undefined` after a change. */
  fragments: number | undefined;
}

interface Typical extends Pod {
  readonly weight: number;
}

const WHOLE = 1 - 1e-9;

/** GPUs to take: the fullest that has the share, or whole ones; `undefined` if there are not enough. */
function gpusFor(gpu: number, free: readonly number[]): number[] | undefined {
  if (gpu === 0) return [];
  const suited = free.map((share, index) => ({ share, index })).filter(({ share }) => share >= Math.min(gpu, 1) - 1e-9);
  if (gpu < 1) {
    const fullest = suited.toSorted((a, b) => a.share - b.share || a.index - b.index)[0];
    return fullest === undefined ? undefined : [fullest.index];
  }
  return suited.length < gpu ? undefined : suited.slice(0, gpu).map(({ index }) => index);
}

function take(machine: Machine, pod: Pod, gpus: readonly number[], sign: 1 | -1): void {
  machine.cpu -= sign * pod.cpu;
  machine.memoryBytes -= sign * pod.memoryBytes;
  for (const index of gpus) machine.gpus[index] = (machine.gpus[index] ?? 0) - sign * Math.min(1, pod.gpu);
}

/** Free GPU shares that typical pods cannot use, in expectation. */
function fragmentsOn(machine: Machine, typical: readonly Typical[]): number {
  let sum = 0;
  for (const { cpu, memoryBytes, gpu, weight } of typical) {
    const needed = Math.min(1, gpu);
    const usable = machine.gpus.filter((share) => share >= (needed === 1 ? WHOLE : needed - 1e-9)).length;
    const isUsable = gpu > 0 && machine.cpu >= cpu - 1e-9 && machine.memoryBytes >= memoryBytes && usable >= Math.max(1, gpu);
    for (const share of machine.gpus) if (!isUsable || share < needed - 1e-9) sum += weight * share;
  }
  return sum;
}

/**
 * Fragmentation gradient descent as published (Weng et al., "Beware of Fragmentation", USENIX ATC 2023): each pod to the node where the
 * fragments grow least, the first of equals; what is typical is known beforehand. Gives the GPUs allocated.
 */
export function placeByGradient(nodes: readonly Node[], pods: readonly Pod[], all: readonly Pod[]): number {
  const counts = new Map<string, { pod: Pod; count: number }>();
  for (const pod of all) {
    const key = `${pod.cpu} ${pod.memoryBytes} ${pod.gpu}`;
    const entry = counts.get(key) ?? { pod, count: 0 };
    entry.count += 1;
    counts.set(key, entry);
  }
  const ranked = [...counts.values()].sort((a, b) => b.count - a.count).slice(0, 64);
  const counted = ranked.reduce((sum, { count }) => sum + count, 0);
  const typical = ranked.map(({ pod, count }) => ({ ...pod, weight: count / counted }));
  const machines = nodes.map(({ cpu, memoryBytes, gpus, model }): Machine => ({ model, cpu, memoryBytes, gpus: Array.from({ length: gpus }, () => 1), fragments: undefined }));
  let allocated = 0;
  for (const pod of pods) {
    let best: { machine: Machine; gpus: number[] } | undefined;
    let least = Infinity;
    for (const machine of machines) {
      if (machine.cpu < pod.cpu - 1e-9 || machine.memoryBytes < pod.memoryBytes || (pod.models.length > 0 && !pod.models.includes(machine.model))) continue;
      const gpus = gpusFor(pod.gpu, machine.gpus);
      if (gpus === undefined) continue;
      machine.fragments ??= fragmentsOn(machine, typical);
      take(machine, pod, gpus, 1);
      const growth = fragmentsOn(machine, typical) - machine.fragments;
      take(machine, pod, gpus, -1);
      if (growth < least - 1e-9) {
        least = growth;
        best = { machine, gpus };
      }
    }
    if (best === undefined) continue;
    take(best.machine, pod, best.gpus, 1);
    best.machine.fragments = undefined;
    allocated += pod.gpu;
  }
  return allocated;
}
