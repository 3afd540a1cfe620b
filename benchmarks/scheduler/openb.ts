import { seededRandom } from '@fog/testkit';
import { isThere, textOf } from './traces.js';

export interface Node {
  readonly id: string;
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  readonly model: string;
}

export interface Pod {
  readonly cpu: number;
  readonly memoryBytes: number;
  /** A share of one, or whole ones. */
  readonly gpu: number;
  /** GPU models it may run on; empty for any. */
  readonly models: readonly string[];
}

/** The GPU cluster of Alibaba and its pods (cluster-trace-gpu-v2023); or a made-up one of the kind where the files are not there. */
export function readOpenb(workload: string): { readonly nodes: readonly Node[]; readonly pods: readonly Pod[] } {
  if (!isThere('openb')) return madeUp();
  const rows = (file: string): string[][] => textOf(`openb/${file}`).split('\n').slice(1).map((row) => row.split(','));
  return {
    nodes: rows('openb_node_list_gpu_node.csv.gz').map(([id = '', cpuMilli, memoryMib, gpus, model = '']) => ({ id, cpu: Number(cpuMilli) / 1_000, memoryBytes: Number(memoryMib) * 2 ** 20, gpus: Number(gpus), model })),
    pods: rows(`openb_pod_list_${workload}.csv.gz`).map(([, cpuMilli, memoryMib, gpus, gpuMilli, models = '']) => ({
      cpu: Number(cpuMilli) / 1_000, memoryBytes: Number(memoryMib) * 2 ** 20, gpu: Number(gpus) > 1 ? Number(gpus) : (Number(gpus) * Number(gpuMilli)) / 1_000, models: models === '' ? [] : models.split('|'),
    })),
  };
}

function madeUp(): ReturnType<typeof readOpenb> {
  const random = seededRandom(1);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  return {
    nodes: Array.from({ length: 300 }, (_, index) => ({ id: `node-${index}`, cpu: 96, memoryBytes: 384 * 2 ** 30, gpus: pick([2, 4, 8]), model: 'any' })),
    pods: Array.from({ length: 2_000 }, () => ({ cpu: pick([4, 6, 8, 11.9]), memoryBytes: pick([16, 32, 48]) * 2 ** 30, gpu: pick([0, 0.25, 0.47, 0.81, 1, 1, 1, 2, 8]), models: [] })),
  };
}

/** Pods drawn at random until they ask for 130 % of the GPUs, as Weng et al. (ATC 2023) do; and the nodes, in an order drawn too. */
export function drawn({ nodes, pods }: ReturnType<typeof readOpenb>, seed: number, shuffles: boolean): { readonly nodes: readonly Node[]; readonly pods: readonly Pod[]; readonly gpus: number } {
  const random = seededRandom(seed);
  const order = shuffles ? nodes.map((node) => ({ node, at: random() })).sort((a, b) => a.at - b.at).map(({ node }) => node) : nodes;
  const gpus = nodes.reduce((sum, node) => sum + node.gpus, 0);
  const chosen: Pod[] = [];
  for (let asked = 0; asked < 1.3 * gpus; ) {
    const pod = pods[Math.floor(random() * pods.length)] as Pod;
    chosen.push(pod);
    asked += pod.gpu;
  }
  return { nodes: order, pods: chosen, gpus };
}
