/**
 * The report's script, as plain JavaScript for a browser. It reads what `report-data.ts` wrote and puts text on the
 * page through `textContent` and canvas alone, so that no name in a profile can become markup.
 *
 * A part's nodes come in preorder: the nodes below node n are n + 1 … ends[n] - 1. Whatever is too narrow to see is
 * skipped with all below it, so that drawing costs what is visible, not what was recorded.
 */
export const VIEWER: string = String.raw`
'use strict';
const ROW = 18, NARROWEST = 0.4, TABLE_ROWS = 100;
const SCRIPT = 0;
// By kind: script, node, native, program, gc. The program's own code stands out.
const HUES = [30, 130, 205, 0, 350], SATURATIONS = [78, 28, 48, 0, 70];
const byId = (id) => document.getElementById(id);
const canvas = document.querySelector('canvas');
const pen = canvas.getContext('2d');
let data, part, zoom = -1, focus = -1, query = '', matched, sortBy = 'self', shownBefore = false;

function element(tag, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
}

// ── data ────────────────────────────────────────────────────────────────────────────────────────────────────────
async function unpack() {
  const bytes = Uint8Array.from(atob(byId('data').textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).json();
}

function prepare(raw) {
  const count = raw.depths.length;
  const parents = new Int32Array(count).fill(-1), ends = new Int32Array(count).fill(count);
  const starts = new Float64Array(count), nextChild = new Float64Array(count);
  const path = [];
  let rows = 0, whole = 0;
  for (let node = 0; node < count; node += 1) {
    const depth = raw.depths[node];
    while (path.length > depth) ends[path.pop()] = node;
    if (depth > 0) parents[node] = path[depth - 1];
    path.push(node);
    rows = Math.max(rows, depth + 1);
  }
  const sums = (own) => {
    const totals = Float64Array.from(own);
    for (let node = count - 1; node >= 0; node -= 1) if (parents[node] >= 0) totals[parents[node]] += totals[node];
    return totals;
  };
  const after = sums(raw.own), before = raw.before && sums(raw.before), totals = before && shownBefore ? before : after;
  for (let node = 0; node < count; node += 1) {
    const parent = parents[node];
    starts[node] = nextChild[node] = parent < 0 ? whole : nextChild[parent];
    if (parent < 0) whole += totals[node]; else nextChild[parent] += totals[node];
  }
  const frames = raw.frames.map(([name, url, line, column, kind, self, total], index) =>
    ({ name, kind, self, total, delta: raw.before ? self - raw.framesBefore[index][0] : 0, place: url < 0 ? '' : raw.urls[url] + (line ? ':' + line + ':' + column : '') }));
  return { ...raw, raw, count, parents, after, sumsBefore: before, ends, totals, starts, rows, whole, frames };
}

const frameOf = (node) => part.frames[part.nodeFrames[node]];
const percent = (value) => (part.whole ? (100 * value / part.whole).toFixed(1) : '0.0') + ' %';

const change = (value) => (value < 0 ? '−' : '+') + amount(Math.abs(value));
function amount(value) {
  const steps = part.unit === 'bytes' ? [['GB', 1e9], ['MB', 1e6], ['kB', 1e3], ['B', 1]] : [['s', 1e6], ['ms', 1e3], ['µs', 1]];
  const [name, size] = steps.find(([, size]) => value >= size) || steps[steps.length - 1];
  return (size === 1 ? Math.round(value) : (value / size).toPrecision(3)) + ' ' + name;
}

// ── flame graph ─────────────────────────────────────────────────────────────────────────────────────────────────
function view() {
  const from = zoom < 0 ? 0 : part.starts[zoom], size = zoom < 0 ? part.whole : part.totals[zoom];
  return { from, scale: canvas.clientWidth / (size || 1) };
}

function draw() {
  const flame = byId('flame'), ratio = devicePixelRatio || 1, dark = document.documentElement.dataset.theme === 'dark';
  const width = flame.clientWidth, height = Math.min(flame.clientHeight, part.rows * ROW), top = flame.scrollTop;
  canvas.width = width * ratio; canvas.height = height * ratio;
  canvas.style.width = width + 'px'; canvas.style.height = height + 'px';
  pen.setTransform(ratio, 0, 0, ratio, 0, -top * ratio);
  pen.font = '11px ui-monospace, monospace';
  pen.textBaseline = 'middle';
  const letter = pen.measureText('m').width, ink = dark ? '#f2f2f2' : '#111', { from, scale } = view();
  for (let node = 0; node < part.count;) {
    const left = Math.max(0, (part.starts[node] - from) * scale);
    const right = Math.min(width, (part.starts[node] + part.totals[node] - from) * scale);
    const y = part.depths[node] * ROW;
    if (right - left < NARROWEST || y > top + height) { node = part.ends[node]; continue; }
    if (y + ROW > top) drawFrame(node, left, right - left, y, dark, ink, letter);
    node += 1;
  }
}

function drawFrame(node, x, width, y, dark, ink, letter) {
  pen.fillStyle = part.before && !matched ? changeColor(node, dark) : color(part.nodeFrames[node], dark);
  pen.fillRect(x, y, Math.max(width - 0.5, NARROWEST), ROW - 1);
  if (node === focus) { pen.strokeStyle = ink; pen.lineWidth = 2; pen.strokeRect(x + 1, y + 1, Math.max(width - 2.5, 1), ROW - 3); }
  const letters = Math.floor((width - 8) / letter);
  if (letters < 2) return;
  const { name, place } = frameOf(node), label = name === '(anonymous)' ? name + ' ' + place : name;
  pen.fillStyle = ink;
  pen.fillText(label.length > letters ? label.slice(0, letters - 1) + '…' : label, x + 4, y + ROW / 2);
}

// Red has grown, blue has shrunk; the full colour stands for a fifth of the whole.
function changeColor(node, dark) {
  const delta = part.after[node] - part.sumsBefore[node], strength = Math.min(1, Math.sqrt(Math.abs(delta) / (part.whole || 1) * 5));
  return 'hsl(' + (delta > 0 ? '2 80% ' : '215 75% ') + (dark ? 18 + 22 * strength : 94 - 34 * strength) + '%)';
}

function color(index, dark) {
  const { kind, place, name } = part.frames[index];
  if (matched && matched[index]) return dark ? '#8d3fc4' : '#d9a6ff';
  let hash = 0;
  const text = kind === SCRIPT ? place.slice(0, place.indexOf(':')) : name.slice(0, 40);
  for (let at = 0; at < text.length; at += 1) hash = (hash * 31 + text.charCodeAt(at)) | 0;
  const spread = Math.abs(hash % 1000) / 1000, saturation = matched ? 8 : SATURATIONS[kind];
  return 'hsl(' + (HUES[kind] + spread * 24) + ' ' + saturation + '% ' + (dark ? 27 + spread * 9 : 70 + spread * 9) + '%)';
}

function nodeAt(event) {
  const box = canvas.getBoundingClientRect(), { from, scale } = view();
  const value = from + (event.clientX - box.left) / scale, depth = Math.floor((event.clientY - box.top + byId('flame').scrollTop) / ROW);
  for (let node = 0; node < part.count;) {
    const inside = value >= part.starts[node] && value < part.starts[node] + part.totals[node];
    if (inside && part.depths[node] === depth) return node;
    node = inside ? node + 1 : part.ends[node];
  }
  return -1;
}

function describe(node) {
  const { name, place } = node < 0 ? { name: 'all', place: '' } : frameOf(node);
  if (part.before && node >= 0) {
    const [was, is] = [part.sumsBefore[node], part.after[node]];
    byId('status').textContent = name + (place && ' — ' + place) + ' — total ' + amount(was) + ' → ' + amount(is) + ' (' + change(is - was) + '), self ' + amount(part.before[node]) + ' → ' + amount(part.own[node]);
    return;
  }
  const self = node < 0 ? 0 : part.own[node], total = node < 0 ? part.whole : part.totals[node];
  byId('status').textContent = name + (place && ' — ' + place) + ' — total ' + amount(total) + ' (' + percent(total) + '), self ' + amount(self) + ' (' + percent(self) + ')';
}

function select(node) {
  focus = node;
  describe(node);
  const flame = byId('flame'), y = node < 0 ? 0 : part.depths[node] * ROW;
  if (y < flame.scrollTop || y + ROW > flame.scrollTop + flame.clientHeight) flame.scrollTop = y - flame.clientHeight / 2;
  draw();
}

function zoomTo(node) {
  zoom = node;
  byId('reset').disabled = node < 0;
  select(node);
}

const siblingAfter = (node) => (part.ends[node] < (part.parents[node] < 0 ? part.count : part.ends[part.parents[node]]) ? part.ends[node] : node);
function siblingBefore(node) {
  let before = part.parents[node] + 1;
  while (before < node && part.ends[before] < node) before = part.ends[before];
  return before;
}

const KEYS = {
  ArrowUp: () => select(focus < 0 ? -1 : part.parents[focus]),
  ArrowDown: () => select(focus + 1 < (focus < 0 ? part.count : part.ends[focus]) ? focus + 1 : focus),
  ArrowLeft: () => focus >= 0 && select(siblingBefore(focus)),
  ArrowRight: () => focus >= 0 && select(siblingAfter(focus)),
  Enter: () => zoomTo(focus),
  Escape: () => zoomTo(-1),
};

// ── search and table ────────────────────────────────────────────────────────────────────────────────────────────
function search(text) {
  query = text.toLowerCase();
  matched = query && part.frames.map(({ name, place }) => (name + ' ' + place).toLowerCase().includes(query));
  let found = 0;
  for (let node = 0; matched && node < part.count;) {
    const hit = matched[part.nodeFrames[node]];
    if (hit) found += part.totals[node]; // What is called below a match is in its total already.
    node = hit ? part.ends[node] : node + 1;
  }
  byId('found').textContent = query && percent(found) + ' matched';
  draw();
  fillTable();
}

function fillTable() {
  const rows = part.frames.filter(({ kind }, index) => kind >= 0 && (!matched || matched[index])).sort((a, b) => (sortBy === 'delta' ? Math.abs(b.delta) - Math.abs(a.delta) : b[sortBy] - a[sortBy]));
  byId('rows').replaceChildren(...rows.slice(0, TABLE_ROWS).map(({ name, place, self, total, delta }) => {
    const row = element('tr'), find = element('button', name), cell = element('td'), changed = element('td', change(delta));
    changed.className = 'diff';
    find.addEventListener('click', () => { byId('search').value = name; search(name); });
    cell.append(find);
    row.append(element('td', amount(self)), element('td', percent(self)), element('td', amount(total)), element('td', percent(total)), ...(part.before ? [changed] : []), cell, element('td', place));
    return row;
  }));
  byId('more').textContent = rows.length > TABLE_ROWS ? rows.length - TABLE_ROWS + ' more: search to see them' : '';
  for (const head of document.querySelectorAll('th[data-sort]')) head.ariaSort = head.dataset.sort === sortBy ? 'descending' : 'none';
}

// ── page ────────────────────────────────────────────────────────────────────────────────────────────────────────
function fact([name, value]) {
  const box = element('div');
  box.append(element('dt', name), element('dd', value));
  return box;
}

let shown = 0;
function show(index) {
  shown = index;
  part = data.parts[index] = data.parts[index].totals ? data.parts[index] : prepare(data.parts[index]);
  [...byId('parts').children].forEach((tab, at) => tab.setAttribute('aria-pressed', String(at === index)));
  byId('widths').hidden = !part.before;
  byId('facts').replaceChildren(...part.facts.map(fact));
  byId('sizer').style.height = part.rows * ROW + 'px';
  byId('flame').style.height = Math.min(part.rows * ROW + 2, innerHeight * 0.65) + 'px';
  zoomTo(-1);
  search(byId('search').value);
}

function start(unpacked) {
  data = unpacked;
  document.title = data.title;
  byId('title').textContent = data.title;
  byId('conditions').textContent = data.conditions;
  data.parts.forEach(({ name }, index) => {
    const tab = element('button', name);
    tab.addEventListener('click', () => show(index));
    byId('parts').append(tab);
  });
  byId('run').replaceChildren(...data.facts.map(fact));
  if (data.parts.some((one) => one.before)) {
    document.body.className = 'comparing';
    sortBy = 'delta';
  }
  show(0);
  listen();
  document.body.dataset.ready = '';
}

function listen() {
  byId('theme').addEventListener('click', () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    draw();
  });
  byId('search').addEventListener('input', (event) => search(event.target.value));
  byId('widths').addEventListener('click', () => {
    shownBefore = !shownBefore;
    byId('widths').textContent = shownBefore ? 'Widths: before' : 'Widths: after';
    data.parts = data.parts.map((one) => one.raw || one);
    show(shown);
  });
  byId('reset').addEventListener('click', () => zoomTo(-1));
  for (const head of document.querySelectorAll('th[data-sort]'))
    head.firstChild.addEventListener('click', () => { sortBy = head.dataset.sort; fillTable(); });
  canvas.addEventListener('mousemove', (event) => { const node = nodeAt(event); describe(node < 0 ? focus : node); });
  canvas.addEventListener('mouseleave', () => describe(focus));
  canvas.addEventListener('click', (event) => { const node = nodeAt(event); if (node >= 0) zoomTo(node); });
  canvas.addEventListener('keydown', (event) => {
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target === byId('search')) return;
    event.preventDefault();
    byId('search').focus();
  });
  byId('flame').addEventListener('scroll', draw);
  addEventListener('resize', draw);
}

document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
unpack().then(start);
`;
