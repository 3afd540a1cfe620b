/**
 * The page's data: unpacking it, and the tree as columns. Plain JavaScript for a browser, as all of `viewer/`: put together
 * by `html.ts`. It puts text on the page through `textContent` and canvas alone, so that no name in a profile can become
 * markup.
 *
 * A part's nodes come in preorder: the nodes below node n are n + 1 … ends[n] - 1. Whatever is too narrow to see is
 * skipped with all below it, so that drawing costs what is visible, not what was recorded.
 */
export const MODEL: string = String.raw`
'use strict';
const byId = (id) => document.getElementById(id);
const SCRIPT = 0;
let data, part, query = '', matched;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const unpack = () => unpacked('data').json();

// The frames of a part, ready to be shown; the same for every tree that is made of it.
function framesOf(raw) {
  return raw.frames.map(([name, url, line, column, kind, self, total], index) =>
    ({ name, kind, self, total, delta: raw.before ? self - raw.framesBefore[index][0] : 0, place: url < 0 ? '' : raw.urls[url] + (line ? ':' + line + ':' + column : '') }));
}

function treeOf(raw, frames, { depths, nodeFrames, own, before }, shownBefore) {
  const count = depths.length;
  const parents = new Int32Array(count).fill(-1), ends = new Int32Array(count).fill(count);
  const starts = new Float64Array(count), nextChild = new Float64Array(count);
  const path = [];
  let rows = 0, whole = 0;
  for (let node = 0; node < count; node += 1) {
    const depth = depths[node];
    while (path.length > depth) ends[path.pop()] = node;
    if (depth > 0) parents[node] = path[depth - 1];
    path.push(node);
    rows = Math.max(rows, depth + 1);
  }
  const sums = (values) => {
    const totals = Float64Array.from(values);
    for (let node = count - 1; node >= 0; node -= 1) if (parents[node] >= 0) totals[parents[node]] += totals[node];
    return totals;
  };
  const after = sums(own), sumsBefore = before && sums(before), totals = sumsBefore && shownBefore ? sumsBefore : after;
  for (let node = 0; node < count; node += 1) {
    const parent = parents[node];
    starts[node] = nextChild[node] = parent < 0 ? whole : nextChild[parent];
    if (parent < 0) whole += totals[node]; else nextChild[parent] += totals[node];
  }
  return { name: raw.name, unit: raw.unit, raw, frames, depths, nodeFrames, own, before, count, parents, after, sumsBefore, ends, totals, starts, rows, whole };
}

// Only what fell on samples with one label.
function cutOf(raw, { nodes, own }) {
  const values = new Float64Array(raw.own.length);
  nodes.forEach((node, index) => { values[node] += own[index]; });
  return { depths: raw.depths, nodeFrames: raw.nodeFrames, own: values };
}

// Functions at the top, by what fell on themselves, and below them who called them: the tree from its leaves.
function callersOf({ depths, nodeFrames, own }) {
  const roots = new Map(), path = [];
  const grow = (holder, frame) => {
    let node = holder.get(frame);
    if (!node) holder.set(frame, node = { frame, value: 0, sum: 0, below: new Map() });
    return node;
  };
  for (let node = 0; node < depths.length; node += 1) {
    path.length = depths[node];
    path.push(nodeFrames[node]);
    if (!(own[node] > 0)) continue;
    let holder = roots, last;
    for (let at = path.length - 1; at >= 0; at -= 1) {
      last = grow(holder, path[at]);
      last.sum += own[node];
      holder = last.below;
    }
    last.value += own[node];
  }
  const made = { depths: [], nodeFrames: [], own: [] };
  const byCost = (holder) => [...holder.values()].sort((a, b) => a.sum - b.sum);
  const pending = byCost(roots).map((node) => [node, 0]);
  while (pending.length > 0) {
    const [{ frame, value, below }, depth] = pending.pop();
    made.depths.push(depth); made.nodeFrames.push(frame); made.own.push(value);
    for (const child of byCost(below)) pending.push([child, depth + 1]);
  }
  return made;
}

const frameOf = (node) => part.frames[part.nodeFrames[node]];
const share = (value) => (part.whole ? value / part.whole : 0);
const percent = (value) => (100 * share(value)).toFixed(1) + ' %';

const UNITS = {
  bytes: [['GB', 1e9], ['MB', 1e6], ['kB', 1e3], ['B', 1]],
  microseconds: [['s', 1e6], ['ms', 1e3], ['µs', 1]],
  count: [['M', 1e6], ['k', 1e3], ['', 1]],
};
function scaled(value, unit) {
  const steps = UNITS[unit], [name, size] = steps.find(([, size]) => value >= size) || steps[steps.length - 1];
  return (size === 1 ? Math.round(value) : (value / size).toPrecision(3)) + ' ' + name;
}
const amount = (value) => scaled(value, part.unit);
const change = (value) => (value < 0 ? '−' : '+') + amount(Math.abs(value));
`;
