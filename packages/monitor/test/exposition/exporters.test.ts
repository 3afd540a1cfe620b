import { afterEach, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { Counter as PromCounter, Registry as PromRegistry } from 'prom-client';
import { registerOpenTelemetry } from '../../src/exposition/opentelemetry.js';
import { createPrometheusExporter } from '../../src/exposition/prometheus.js';
import { createMonitor, type Monitor } from '../../src/index.js';

const clock = new ManualClock();
let monitor: Monitor | undefined;
afterEach(() => monitor?.close());

/** A monitor with signals of its own, sampled twice. */
function sampled(): { monitor: Monitor; count: (amount: number) => void } {
  const made = createMonitor({ clock, filesystems: [], thresholds: [], intervalMs: 1_000 });
  monitor = made;
  made.gauge('queue.length', () => 7, { labels: { queue: 'a"b\\c\n' }, description: 'Waiting.' });
  const counter = made.counter('jobs.done');
  made.gauge('answer.time', () => 250, { unit: 'milliseconds' });
  made.start();
  clock.advance(1_000);
  return { monitor: made, count: (amount) => counter.add(amount) };
}

it('Prometheus\' text has names, units, labels and counters as its readers expect', async () => {
  const { monitor, count } = sampled();
  const registry = new PromRegistry();
  new PromCounter({ name: 'mine_total', help: 'Mine.', registers: [registry] }).inc(3);
  const exporter = createPrometheusExporter(monitor, { prefix: 'fog_', registries: [registry] });
  await exporter.metrics();
  for (let second = 0; second < 10; second += 1) {
    count(second);
    clock.advance(1_000);
  }
  const text = await exporter.metrics();
  expect(exporter.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain('# HELP fog_queue_length Waiting.\n# TYPE fog_queue_length gauge\nfog_queue_length{queue="a\\"b\\\\c\\n"} 7\n');
  expect(text).toContain('# TYPE fog_jobs_done_total counter\nfog_jobs_done_total 45\n');
  expect(text).toContain('fog_answer_time_seconds 0.25\n');
  expect(text).toContain('# TYPE fog_nodejs_eventloop_utilization_ratio gauge\n');
  expect(text).toContain('mine_total 3');
  if (process.platform === 'linux') {
    expect(text).toMatch(/\nfog_system_memory_usage_bytes\{system_memory_state="used"\} \d+\n/);
    expect(text).toMatch(/\nfog_system_cpu_utilization_ratio\{cpu_mode="system"\} [\d.e-]+\n/);
    // The total is the sum of these, and would count double.
    expect(text).not.toMatch(/\nfog_system_cpu_utilization_ratio [\d.]/);
    expect(text).toMatch(/# TYPE fog_system_network_io_bytes_total counter\n/);
  }
  for (const line of text.split('\n')) expect(line).toMatch(/^$|^# (?:HELP|TYPE) [a-z_]\w* .+|^[a-z_]\w*(?:\{(?:[a-z_]\w*="(?:[^"\\\n]|\\.)*",?)+\})? -?(?:[\d.]+(?:e[+-]?\d+)?|Nan|\+Inf|-Inf)$/i);
});

it('a counter of the application is told as it is; a rate counts from the first sample on', async () => {
  const made = createMonitor({ clock, filesystems: [], thresholds: [], intervalMs: 1_000 });
  monitor = made;
  const counter = made.counter('jobs.done');
  const sizes = made.histogram('jobs.size', { unit: 'bytes' });
  made.gauge('pages.read', () => 7, { unit: 'perSecond' });
  made.counter('bytes.sent', { unit: 'bytes' }).add(9);
  made.counter('calls_total').add(2);
  counter.add(3);
  const exporter = createPrometheusExporter(made);
  const first = await exporter.metrics();
  expect(first).toMatch(/\njobs_done_total 3\n/);
  expect(first).toMatch(/\ncalls_total 2\n/);
  expect(first).toMatch(/\n# TYPE bytes_sent_bytes_total counter\nbytes_sent_bytes_total 9\n/);
  expect(first).toMatch(/\npages_read_total 0\n/);
  made.start();
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1_000);
    counter.add(5);
    sizes.record(100);
    await exporter.metrics();
  }
  const last = await exporter.metrics();
  expect(last).toMatch(/\njobs_done_total 18\n/);
  expect(last).toMatch(/\njobs_size_rate_total 3\n/);
  expect(last).toMatch(/\npages_read_total 21\n/);
});

it('of two series that come to one name the first is told, and the text says so', async () => {
  const { monitor } = sampled();
  monitor.gauge('jobs_done_total', () => 9);
  monitor.gauge('queue_length', () => 9, { labels: { queue: 'other' } });
  clock.advance(1_000);
  const text = await createPrometheusExporter(monitor).metrics();
  expect(text).toContain('# TYPE jobs_done_total counter\njobs_done_total 0\n');
  expect(text).not.toContain('queue="other"');
  expect(text.split('\n').filter((line) => /^# (?!HELP|TYPE)/.test(line))).toEqual([
    '# jobs_done_total is jobs.done here; jobs_done_total would be called so too and is left out',
    '# queue_length is queue.length here; queue_length would be called so too and is left out',
  ]);
});

it('a prefix that no name can have is refused', () => {
  expect(() => createPrometheusExporter(sampled().monitor, { prefix: 'a-b' })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
});

it('OpenTelemetry observes the same, new series included', async () => {
  const { monitor, count } = sampled();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const stop = registerOpenTelemetry(monitor, provider.getMeter('test'));
  const collect = async (): Promise<Map<string, { unit: string; points: readonly { value: unknown; attributes: unknown }[] }>> => {
    exporter.reset();
    await reader.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return new Map(metrics.map(({ descriptor, dataPoints }) => [descriptor.name, { unit: descriptor.unit, points: dataPoints }]));
  };
  await collect();
  monitor.gauge('late', () => 1);
  count(20);
  clock.advance(1_000);
  await collect();
  const found = await collect();
  expect(found.get('queue.length')).toMatchObject({ points: [{ value: 7, attributes: { queue: 'a"b\\c\n' } }] });
  expect(found.get('jobs.done')).toMatchObject({ unit: '1', points: [{ value: 20 }] });
  expect(found.get('answer.time')).toMatchObject({ unit: 's', points: [{ value: 0.25 }] });
  expect(found.get('late')).toMatchObject({ points: [{ value: 1 }] });
  expect(found.get('nodejs.handles')).toMatchObject({ unit: '{handle}' });
  // UCUM has a unit for everything, if only a name in braces.
  for (const [name, { unit }] of found) expect([name, unit]).toEqual([name, expect.stringMatching(/^(?:1|By|s|\{\w+\})$/)]);
  if (process.platform === 'linux') expect(found.get('system.memory.limit')).toMatchObject({ unit: 'By' });
  stop();
  count(5);
  clock.advance(1_000);
  expect((await collect()).get('jobs.done')).toMatchObject({ points: [{ value: 20 }] });
  await provider.shutdown();
});

it('one signal that Prometheus cannot be told of harms no other, and a comment says why', async () => {
  const made = createMonitor({ clock, filesystems: [], thresholds: [], intervalMs: 1_000 });
  monitor = made;
  made.gauge('pool.growth', () => -5, { unit: 'perSecond' });
  made.gauge('pool.size', () => 3, { labels: { constructor: 'v' } });
  made.gauge('constructor', () => 4);
  made.gauge('system.cpu.limit', () => 1_234, { unit: 'cores' });
  made.gauge('last', () => 5);
  made.start();
  const exporter = createPrometheusExporter(made);
  clock.advance(2_000);
  const text = await exporter.metrics();
  expect(text).toContain('\nlast 5\n');
  expect(text).toContain('\npool_size{constructor="v"} 3\n');
  expect(text).toMatch(/\n# pool_growth_total is left out: .+\n/);
  expect(text).toMatch(/\n# constructor is left out: .+\n/);
  const limits = text.split('\n').filter((line) => line.startsWith('system_cpu_limit '));
  expect(limits).toHaveLength(1);
  if (process.platform === 'linux') expect(text).toContain('# system_cpu_limit is here with the same labels; another system.cpu.limit is left out\n');
});
