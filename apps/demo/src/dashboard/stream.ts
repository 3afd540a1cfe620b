import type { ServerResponse } from 'node:http';

/**
 * Server-sent events to every open dashboard. A frame is serialised once a tick for all of them; a page that has not taken one by
 * the next is dropped, and its browser connects again by itself.
 */
export interface DashboardStream extends Disposable {
  /** Takes a response over until its client leaves. */
  join(response: ServerResponse): void;
  readonly clients: number;
}

/** Sends what `read` gives every `intervalMs`, for as long as anybody looks. */
export function createDashboardStream(read: () => object, intervalMs: number): DashboardStream {
  const clients = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;
  let frames = 0;

  function frame(): string {
    frames += 1;
    return `id: ${frames}\ndata: ${JSON.stringify(read())}\n\n`;
  }

  function leave(client: ServerResponse): void {
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function send(text: string): void {
    for (const client of clients)
      if (client.writableLength > 0) client.destroy();
      else client.write(text);
  }

  return {
    join(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write(`retry: 2000\n${frame()}`);
      response.once('close', () => leave(response));
      clients.add(response);
      timer ??= setInterval(() => send(frame()), intervalMs).unref();
    },
    get clients() {
      return clients.size;
    },
    [Symbol.dispose]() {
      for (const client of clients) client.end();
    },
  };
}
