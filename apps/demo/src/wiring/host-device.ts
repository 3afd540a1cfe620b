import { performance } from 'node:perf_hooks';
import type { Arena } from '@fog/arena';
import type { Monitor, Snapshot } from '@fog/monitor';
import type { Ingest } from '../gateway/ingest.js';

/** The name under which the machine's own readings are stored. */
export const HOST_DEVICE = 'host';

/**
 * Makes the host the gateway's first device: every sample of the monitor goes the way of any other batch, through arena,
 * scheduler and worker into the stores. What cannot be stored is said once in a row; the next sample tries again. Ends when `signal` aborts.
 */
export async function storeHostReadings(monitor: Monitor, arena: Arena, ingest: Ingest, onFailure: (error: unknown) => void, signal: AbortSignal): Promise<void> {
  let failing = false;
  const store = async (snapshot: Snapshot): Promise<void> => {
    const body = toNdjson(snapshot);
    if (body.byteLength === 0) return;
    const block = arena.alloc(body.byteLength);
    block.u8.set(body);
    await ingest(block, { format: 'ndjson', signal });
  };
  try {
    for await (const snapshot of monitor.samples({ signal }))
      await store(snapshot).then(
        () => (failing = false),
        (error: unknown) => {
          if (!failing && !signal.aborted) onFailure(error);
          failing = true;
        },
      );
  } catch (error) {
    if (!signal.aborted) throw error; // Told to end, it has ended.
  }
}

/** Metrics of the whole machine, without those of single devices, which carry labels. */
function toNdjson({ timeMs, values }: Snapshot): Uint8Array {
  const at = Math.round(performance.timeOrigin + timeMs);
  const rows = Object.entries(values)
    .filter(([metric]) => /^[\w.]+$/.test(metric))
    .map(([metric, value]) => `${JSON.stringify({ device: HOST_DEVICE, metric, value, at })}\n`);
  return Buffer.from(rows.join(''));
}
