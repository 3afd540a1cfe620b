import { channel, tracingChannel } from 'node:diagnostics_channel';

/** A client as listeners get to see it: tracing must not hand out connections. */
interface TracedClient {
  /** The server's; `null` as long as it has told none. */
  readonly processID: number | null;
}

/** What listeners of `pg:pool:connect` get. */
export interface ConnectContext {
  /** As it was when the client was asked for. */
  readonly pool: { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number; readonly maxSize: number };
  /** Once there is one. */
  client?: TracedClient;
}

// The names that node-postgres gives them.
const connecting = tracingChannel<ConnectContext>('pg:pool:connect');
const released = channel('pg:pool:release');
const removed = channel('pg:pool:remove');

const traced = (client: object): TracedClient => ({ processID: (client as Partial<TracedClient>).processID ?? null });

/** Tells listeners of a caller that wants a client, from when it asks until it has one. */
export function traceConnect<C extends object>(counts: () => ConnectContext['pool'], borrow: () => Promise<C>): Promise<C> {
  if (!connecting.hasSubscribers) return borrow();
  const context: ConnectContext = { pool: counts() };
  const borrowed = async (): Promise<C> => {
    const client = await borrow();
    context.client = traced(client);
    return client;
  };
  return connecting.tracePromise(borrowed, context);
}

/** @param error what the client was released with, which ends it */
export function clientReleased(client: object, error: Error | boolean | undefined): void {
  if (released.hasSubscribers) released.publish({ client: traced(client), error: error === false ? undefined : error });
}

export function clientRemoved(client: object): void {
  if (removed.hasSubscribers) removed.publish({ client: traced(client) });
}
