/** Receives as many messages as it is told, reads a byte of each, and answers with their sum. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachArena, type ArenaHandle, type BlockToken, type ChannelHandle } from '@fog/arena';

export type Given = { readonly kind: 'bytes' } | { readonly kind: 'token'; readonly arena: ArenaHandle } | { readonly kind: 'ring'; readonly arena: ArenaHandle; readonly channel: ChannelHandle };

const given = workerData as Given;
const arena = given.kind === 'bytes' ? undefined : attachArena(given.arena);
const channel = given.kind === 'ring' ? arena?.channel(given.channel) : undefined;
let left = 0;
let sum = 0;

function add(byte: number): void {
  sum += byte;
  left -= 1;
  if (left > 0) return;
  parentPort?.postMessage(sum);
  sum = 0;
}

function use(block: { readonly u8: Uint8Array; free(): void } | undefined): void {
  if (block === undefined) throw new Error('no block came');
  const [byte = 0] = block.u8;
  block.free();
  add(byte);
}

parentPort?.on('message', (message: number | Uint8Array | BlockToken) => {
  if (typeof message === 'number') {
    left = message;
    if (channel !== undefined) for (let count = message; count > 0; count -= 1) use(channel.receiveSync(10_000));
  } else if (message instanceof Uint8Array) add(message[0] as number);
  else use(arena?.receive(message));
});
parentPort?.postMessage('ready');
