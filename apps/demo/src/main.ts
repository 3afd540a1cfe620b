/** The composition root: everything is made here, wired here, and ended here in the opposite order. */
import { createArena } from '@fog/arena';
import { createMonitor, defaultThresholds } from '@fog/monitor';
import { createRedisPool } from '@fog/pool/ioredis';
import { createPgPool } from '@fog/pool/pg';
import { createWorkerPool } from '@fog/pool/worker-threads';
import { createProfiler } from '@fog/profiler';
import { createScheduler } from '@fog/scheduler';
import { readConfig, type Config } from './config.js';
import { addDashboard } from './dashboard/dashboard.js';
import { createDashboardStream } from './dashboard/stream.js';
import { createIngest } from './gateway/ingest.js';
import { addProfileRoute } from './gateway/profile-route.js';
import { addRoutes } from './gateway/routes.js';
import { createServer } from './gateway/server.js';
import type { Tasks } from './readings/readings.worker.js';
import { startServices } from './services.js';
import { createLatestStore, createUncachedLatestStore } from './stores/latest-store.js';
import { createReadingsStore } from './stores/readings-store.js';
import { watchComponent } from './wiring/component-gauges.js';
import { storeHostReadings } from './wiring/host-device.js';
import { createExposition } from './wiring/prometheus.js';

/** Host samples, and frames of the dashboard, a second. */
const SAMPLE_INTERVAL_MS = 1_000;

const say = (line: string): void => console.log(line);
const complain = (error: unknown): void => console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);

async function start(config: Config): Promise<{ url: string; close: () => Promise<void> }> {
  const services = await startServices(config, say);

  // A client waits no longer; and what hangs on a frozen server ends before the drain does.
  const database = createPgPool({ name: 'postgres', connectionString: services.postgres.url, max: 10, statementTimeoutMs: 5_000 });
  // A cache that is slower than what it caches is not waited for.
  const redis = services.redis && createRedisPool({ name: 'redis', url: services.redis.url, max: 4, acquireTimeoutMs: 500, connection: { commandTimeout: 500 } });
  const arena = createArena({ initialBytes: Math.min(config.arenaBytes, 16 * 2 ** 20), maxBytes: config.arenaBytes });
  const workers = createWorkerPool<Tasks>({ worker: new URL('./readings.worker.js', import.meta.url), size: config.workers, workerData: { arena: arena.share() } });
  const scheduler = createScheduler({ strategy: 'adaptive', maxQueued: config.maxQueued });
  for (let thread = 1; thread <= config.workers; thread += 1) scheduler.addWorker({ id: `thread-${thread}`, capacity: { cpu: 1, memoryBytes: config.arenaBytes } });
  // Kept warm, so that a profile taken under load does not begin with a stall.
  const profiler = createProfiler({ cpu: { intervalUs: 10_000, keepWarm: true } });
  const monitor = createMonitor({
    intervalMs: SAMPLE_INTERVAL_MS,
    thresholds: [...defaultThresholds, { series: 'scheduler.pending', warning: 100 }, { series: 'postgres.waiting', warning: 50 }],
  });

  const readings = createReadingsStore(database);
  const load = (device: string): ReturnType<typeof readings.latest> => readings.latest(device);
  const latest = redis === undefined ? createUncachedLatestStore(load) : createLatestStore(redis, load, complain);
  const ingest = createIngest({ scheduler, workers, readings, latest });

  const components = {
    postgres: () => database.stats(),
    ...(redis && { redis: () => redis.stats() }),
    workers: () => workers.stats(),
    arena: () => arena.stats(),
    scheduler: () => scheduler.stats(),
    profiler: () => profiler.stats(),
    monitor: () => monitor.stats(),
    readings: () => ingest.stats(),
  };
  watchComponent(monitor, 'postgres', components.postgres, ['waiting', 'leased', 'reuseRatio']);
  watchComponent(monitor, 'scheduler', components.scheduler, ['pending', 'active', 'utilisationRatio']);
  watchComponent(monitor, 'arena', components.arena, ['liveBytes', 'utilisationRatio']);

  let stopping = false;
  const server = createServer(arena, config.maxBodyBytes, () => stopping);
  addRoutes(server, {
    ingest,
    readings,
    latest,
    load: () => ({ stopping, queued: scheduler.stats().pending + database.stats().waiting, maxQueued: config.maxQueued }),
    components,
    checks: { postgres: () => readings.ping(), ...(redis && { redis: () => latest.ping() }) },
    metrics: createExposition(components, monitor),
  });
  addProfileRoute(server, profiler);

  const stream = createDashboardStream(() => {
    const stats = Object.fromEntries(Object.entries(components).map(([name, read]) => [name, read()]));
    return { atMs: Date.now(), values: monitor.snapshot().values, alerts: monitor.alerts(), stats };
  }, SAMPLE_INTERVAL_MS);
  await addDashboard(server, stream);

  await readings.prepare();
  monitor.start();
  const hostReadings = new AbortController();
  const hostStored = storeHostReadings(monitor, arena, ingest, complain, hostReadings.signal);

  const url = await server.listen({ host: config.host, port: config.port });

  const close = async (): Promise<void> => {
    stopping = true;
    hostReadings.abort();
    stream[Symbol.dispose]();
    const cut = (): void => {
      complain(`${config.drainTimeoutMs} ms have passed: what is not answered by now is given up`);
      server.server.closeAllConnections();
    };
    const limit = setTimeout(cut, config.drainTimeoutMs).unref();
    await server.close(); // Once every admitted batch is answered: until then the scheduler still takes those that arrive.
    clearTimeout(limit);
    const soon = { timeoutMs: 1_000, force: true }; // Nobody waits any more for what a store still does.
    await Promise.all([hostStored, profiler.close(), monitor.close(), scheduler.close(), workers.close(), redis?.close(soon), database.close(soon)]);
    await arena.close();
    await services[Symbol.asyncDispose]();
  };
  return { url, close };
}

/** Under `npm start` a shell stands between npm and us: a signal to npm ends the shell alone, and leaves us to another parent. */
function onOrphaned(parent: number, stop: () => void): void {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500).unref();
}

function fail(error: unknown): never {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  console.error(`The gateway cannot go on: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`);
  process.exit(1);
}

const parent = process.ppid; // Before anything takes long enough for it to change.
try {
  const { url, close } = await start(readConfig(process.env));
  let asked = 0;
  const stop = (why: string): void => {
    asked += 1;
    if (asked > 1) process.exit(1); // Asked twice means now.
    say(`${why}: finishing what was accepted`);
    close().then(() => process.exit(0), fail);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  // Last, as whoever reads it may end us at once.
  say(`Fog gateway   ${url}\n  dashboard   ${url}/\n  readings    POST ${url}/v1/readings`);
  if (process.env['npm_lifecycle_event'] === 'start') onOrphaned(parent, () => stop('npm has ended'));
} catch (error) {
  fail(error);
}
