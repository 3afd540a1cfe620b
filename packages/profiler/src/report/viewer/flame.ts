/** The flame graph: drawing, pointing, walking by keys. */
export const FLAME: string = String.raw`
const ROW = 19, NARROWEST = 0.4;
// By kind: script, node, native, program, gc, profiler. The program's own code stands out.
const HUES = [22, 150, 212, 0, 350, 285], SATURATIONS = [88, 24, 46, 0, 65, 18];
const canvas = document.querySelector('#flame canvas');
const pen = canvas.getContext('2d');
let zoom = -1, focus = -1;

const isDark = () => document.documentElement.dataset.theme === 'dark';

function view() {
  const from = zoom < 0 ? 0 : part.starts[zoom], size = zoom < 0 ? part.whole : part.totals[zoom];
  return { from, scale: canvas.clientWidth / (size || 1) };
}

function draw() {
  const flame = byId('flame'), ratio = devicePixelRatio || 1, dark = isDark();
  const width = flame.clientWidth, height = Math.min(flame.clientHeight, part.rows * ROW), top = flame.scrollTop;
  if (width === 0) return;
  canvas.width = width * ratio; canvas.height = height * ratio;
  canvas.style.width = width + 'px'; canvas.style.height = height + 'px';
  pen.setTransform(ratio, 0, 0, ratio, 0, -top * ratio);
  pen.font = '11.5px ui-sans-serif, system-ui, sans-serif';
  pen.textBaseline = 'middle';
  const letter = pen.measureText('abcdefghij').width / 10, ink = dark ? '#f4f1ee' : '#201a16', { from, scale } = view();
  const { starts, totals, depths, ends, count } = part;
  for (let node = 0; node < count;) {
    const left = Math.max(0, (starts[node] - from) * scale);
    const right = Math.min(width, (starts[node] + totals[node] - from) * scale);
    const y = depths[node] * ROW;
    if (right - left < NARROWEST || y > top + height) { node = ends[node]; continue; }
    if (y + ROW > top) drawFrame(node, left, right - left, y, dark, ink, letter);
    node += 1;
  }
}

function drawFrame(node, x, width, y, dark, ink, letter) {
  pen.fillStyle = part.before && !matched ? changeColor(node, dark) : color(part.nodeFrames[node], dark);
  pen.fillRect(x, y, Math.max(width - (width > 3 ? 1 : 0.3), NARROWEST), ROW - 1);
  if (node === focus) { pen.strokeStyle = ink; pen.lineWidth = 2; pen.strokeRect(x + 1, y + 1, Math.max(width - 3, 1), ROW - 3); }
  const letters = Math.floor((width - 9) / letter);
  if (letters < 3) return;
  const { name, place } = frameOf(node), label = name === '(anonymous)' ? name + ' ' + place : name;
  pen.fillStyle = ink;
  pen.fillText(label.length > letters ? label.slice(0, letters - 1) + '…' : label, x + 5, y + ROW / 2, width - 8);
}

// Red has grown, blue has shrunk; the full colour stands for a fifth of the whole.
function changeColor(node, dark) {
  const delta = part.after[node] - part.sumsBefore[node], strength = Math.min(1, Math.sqrt(Math.abs(delta) / (part.whole || 1) * 5));
  return 'hsl(' + (delta > 0 ? '2 80% ' : '215 75% ') + (dark ? 20 + 22 * strength : 94 - 34 * strength) + '%)';
}

const colors = new Map();
function color(index, dark) {
  if (matched && matched[index]) return dark ? '#a352e0' : '#cf95ff';
  const key = index * 4 + (dark ? 2 : 0) + (matched ? 1 : 0), known = colors.get(part.raw)?.get(key);
  if (known) return known;
  const { kind, place, name } = part.frames[index];
  let hash = 0;
  const text = kind === SCRIPT ? place.slice(0, place.indexOf(':')) : name.slice(0, 40);
  for (let at = 0; at < text.length; at += 1) hash = (hash * 31 + text.charCodeAt(at)) | 0;
  const spread = Math.abs(hash % 1000) / 1000, saturation = matched ? 8 : SATURATIONS[kind];
  const made = 'hsl(' + (HUES[kind] + spread * 26) + ' ' + (dark ? saturation * 0.62 : saturation) + '% ' + (dark ? 33 + spread * 8 : 71 + spread * 9) + '%)';
  if (!colors.has(part.raw)) colors.set(part.raw, new Map());
  colors.get(part.raw).set(key, made);
  return made;
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
  const title = name.slice(0, 200) + (place && ' — ' + place);
  if (part.before && node >= 0) {
    const [was, is] = [part.sumsBefore[node], part.after[node]];
    byId('status').textContent = title + ' — total ' + amount(was) + ' → ' + amount(is) + ' (' + change(is - was) + '), self ' + amount(part.before[node]) + ' → ' + amount(part.own[node]);
    return;
  }
  const self = node < 0 ? 0 : part.own[node], total = node < 0 ? part.whole : part.totals[node];
  byId('status').textContent = title + ' — total ' + amount(total) + ' (' + percent(total) + '), self ' + amount(self) + ' (' + percent(self) + ')';
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

function listenToFlame() {
  byId('reset').addEventListener('click', () => zoomTo(-1));
  canvas.addEventListener('mousemove', (event) => { const node = nodeAt(event); describe(node < 0 ? focus : node); });
  canvas.addEventListener('mouseleave', () => describe(focus));
  canvas.addEventListener('click', (event) => { const node = nodeAt(event); if (node >= 0) zoomTo(node); });
  canvas.addEventListener('keydown', (event) => {
    if (!Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  byId('flame').addEventListener('scroll', draw);
}
`;
