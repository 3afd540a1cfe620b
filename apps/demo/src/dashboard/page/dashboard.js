/**
 * The live page: reads frames from the server's stream, keeps five minutes of them, and draws. A frame holds the
 * components' own `stats()`; what is a rate is derived here, from two frames.
 */
import uPlot from '/uplot/uPlot.esm.js';

const KEPT_FRAMES = 300;
/** Okabe and Ito's colours, told apart by dashes too. */
const STROKES = [{ stroke: '#0072b2' }, { stroke: '#d55e00', dash: [8, 4] }, { stroke: '#009e73', dash: [2, 3] }];

const percent = (ratio) => (ratio === undefined ? undefined : ratio * 100);
const perSecond = (read) => (frame, previous) => {
  if (previous === undefined) return undefined;
  const [now, before] = [read(frame), read(previous)];
  const seconds = (frame.atMs - previous.atMs) / 1000;
  return now === undefined || before === undefined || seconds <= 0 ? undefined : Math.max(0, (now - before) / seconds);
};
const MIB = 2 ** 20;

const readingsRate = perSecond(({ stats }) => stats.readings.readingsTotal);
const taskRate = perSecond(({ stats }) => stats.scheduler.succeededTotal);

const TILES = [
  { label: 'readings a second', read: readingsRate, digits: 0 },
  { label: 'tasks a second', read: taskRate, digits: 1 },
  { label: 'readings stored', read: ({ stats }) => stats.readings.readingsTotal, digits: 0 },
  { label: 'CPU of the host, %', read: ({ values }) => percent(values['cpu.utilization']), digits: 1 },
  { label: 'memory of the host, %', read: ({ values }) => percent(values['memory.utilization']), digits: 1 },
  { label: 'pool reuse, %', read: ({ stats }) => percent(stats.postgres.reuseRatio), digits: 1 },
];

const CHARTS = [
  { title: 'CPU and memory, %', max: 100, series: { CPU: ({ values }) => percent(values['cpu.utilization']), memory: ({ values }) => percent(values['memory.utilization']), 'event loop': ({ values }) => percent(values['nodejs.eventloop.utilization']) } },
  { title: 'Readings a second', series: { readings: readingsRate } },
  { title: 'Tasks', series: { running: ({ stats }) => stats.scheduler.active, waiting: ({ stats }) => stats.scheduler.pending } },
  { title: 'Postgres connections', series: { leased: ({ stats }) => stats.postgres.leased, idle: ({ stats }) => stats.postgres.idle, waiting: ({ stats }) => stats.postgres.waiting } },
  { title: 'Arena, MiB', series: { live: ({ stats }) => stats.arena.liveBytes / MIB, committed: ({ stats }) => stats.arena.committedBytes / MIB } },
  { title: 'Event loop delay, ms', series: { longest: ({ values }) => values['nodejs.eventloop.delay.max'] } },
];

const frames = [];
const columns = CHARTS.map(({ series }) => [[], ...Object.keys(series).map(() => [])]);
const tiles = TILES.map(({ label }) => addTile(label));
const charts = CHARTS.map(addChart);
const reduceMotion = matchMedia('(prefers-reduced-motion: reduce)');
let drawnAtMs = 0;

const connection = document.querySelector('#connection');
const RETRY_MS = 2_000;
connect();

function connect() {
  const stream = new EventSource('/v1/events');
  stream.addEventListener('open', () => say('live', 'live'));
  stream.addEventListener('error', () => {
    say('lost', 'connection lost, trying again');
    // It tries again by itself, but not after an answer that is no stream, as a proxy's 502.
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  });
  stream.addEventListener('message', ({ data }) => take(JSON.parse(data)));
}

function say(state, text) {
  connection.dataset.state = state;
  connection.textContent = text;
}

function take(frame) {
  const previous = frames.at(-1);
  frames.push(frame);
  if (frames.length > KEPT_FRAMES) frames.shift();
  for (const [index, { series }] of CHARTS.entries()) {
    const rows = [frame.atMs / 1000, ...Object.values(series).map((read) => read(frame, previous) ?? null)];
    for (const [column, value] of rows.entries()) {
      columns[index][column].push(value);
      if (columns[index][column].length > KEPT_FRAMES) columns[index][column].shift();
    }
  }
  if (document.hidden || (reduceMotion.matches && frame.atMs - drawnAtMs < 1000)) return;
  drawnAtMs = frame.atMs;
  for (const [index, { read, digits }] of TILES.entries()) tiles[index].textContent = format(read(frame, previous), digits);
  for (const [index, chart] of charts.entries()) chart.setData(columns[index]);
  showAlerts(frame.alerts);
  if (frame.stats.readings.batchesTotal > 0) void showHost();
}

function addTile(label) {
  const [tile, value, name] = [document.createElement('div'), document.createElement('b'), document.createElement('span')];
  tile.className = 'tile';
  value.textContent = '–';
  value.dataset.label = label;
  name.textContent = label;
  tile.append(value, name);
  document.querySelector('#tiles').append(tile);
  return value;
}

function addChart({ title, series, max }, index) {
  const [figure, caption] = [document.createElement('figure'), document.createElement('figcaption')];
  caption.textContent = title;
  figure.append(caption);
  document.querySelector('#charts').append(figure);
  const ink = () => getComputedStyle(document.body).color;
  const axis = { stroke: ink, grid: { stroke: 'rgba(128,128,128,.18)', width: 1 }, ticks: { show: false } };
  const size = () => ({ width: Math.max(200, figure.clientWidth - 32), height: 190 });
  const chart = new uPlot(
    {
      ...size(),
      cursor: { sync: { key: 'time' } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(max ?? 1, (high ?? 0) * 1.1)] } },
      axes: [axis, { ...axis, size: 56 }],
      series: [{}, ...Object.keys(series).map((label, at) => ({ label, width: 2, points: { show: false }, ...STROKES[at], value: (_, value) => format(value ?? undefined, 1) }))],
    },
    columns[index],
    figure,
  );
  new ResizeObserver(() => chart.setSize(size())).observe(figure);
  return chart;
}

function showAlerts(alerts) {
  const rows = alerts.map(({ state, severity, series, value, bound, message }) =>
    row([state, severity, series, format(value, 3), format(bound, 3), message], { severity }),
  );
  document.querySelector('#alerts').replaceChildren(...(rows.length > 0 ? rows : [note('Nothing is wrong.', 6)]));
}

/** Read back from where readings are stored: what stands here has been all the way through. */
async function showHost() {
  const answer = await fetch('/v1/devices/host/latest').catch(() => undefined);
  if (!answer?.ok) return;
  const { metrics } = await answer.json();
  document.querySelector('#host').replaceChildren(
    ...Object.entries(metrics).map(([metric, { value, at }]) => row([metric, format(value, 3), new Date(at).toLocaleTimeString()], { metric })),
  );
}

function row(cells, data) {
  const line = document.createElement('tr');
  Object.assign(line.dataset, data);
  for (const text of cells) {
    const cell = document.createElement('td');
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

function note(text, columns) {
  const line = row([text], {});
  line.firstChild.colSpan = columns;
  line.firstChild.className = 'none';
  return line;
}

function format(value, digits) {
  return value === undefined || Number.isNaN(value) ? '–' : value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}
