/** The page around the graphs: what is shown, searched and sorted. */
export const PAGE: string = String.raw`
const TABLE_ROWS = 40;
let shown = 0, sortBy = 'self', shownBefore = false, cut = -1, fromCallers = false;

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

function searchFor(name) {
  byId('search').value = name;
  search(name);
}

// Self and total of each frame in the tree that is shown: of a cut they are not those of all.
function costsShown() {
  if (cut < 0 && !part.before) return part.frames;
  if (part.before) return part.frames;
  const self = new Float64Array(part.frames.length), total = new Float64Array(part.frames.length), path = [];
  const raw = treeOf(part.raw, part.frames, cutOf(part.raw, part.raw.cuts[cut]), false);
  for (let node = 0; node < raw.count; node += 1) {
    const frame = raw.nodeFrames[node];
    path.length = raw.depths[node];
    self[frame] += raw.own[node];
    if (!path.includes(frame)) total[frame] += raw.totals[node];
    path.push(frame);
  }
  return part.frames.map((frame, index) => ({ ...frame, self: self[index], total: total[index] }));
}

function fillTable() {
  const rows = costsShown().filter(({ kind, total, delta }, index) => kind >= 0 && (total > 0 || delta !== 0) && (!matched || matched[index])).sort((a, b) => (sortBy === 'delta' ? Math.abs(b.delta) - Math.abs(a.delta) : b[sortBy] - a[sortBy]));
  byId('rows').replaceChildren(...rows.slice(0, TABLE_ROWS).map(({ name, place, self, total, delta }) => {
    const row = element('tr'), find = element('button', name.slice(0, 400)), cell = element('td'), changed = element('td', change(delta));
    changed.className = 'diff';
    find.addEventListener('click', () => searchFor(name));
    cell.append(find);
    row.append(element('td', amount(self)), element('td', percent(self)), element('td', amount(total)), element('td', percent(total)), ...(part.before ? [changed] : []), cell, element('td', place));
    return row;
  }));
  byId('more').textContent = rows.length > TABLE_ROWS ? rows.length - TABLE_ROWS + ' more: search to see them' : '';
  for (const head of document.querySelectorAll('th[data-sort]')) head.ariaSort = head.dataset.sort === sortBy ? 'descending' : 'none';
}

function fact([name, value]) {
  const box = element('div');
  box.append(element('dt', name), element('dd', value));
  return box;
}

function table({ title, columns, rows }) {
  const whole = element('section'), made = element('table'), head = element('tr'), body = element('tbody'), top = element('thead');
  head.append(...columns.map((column) => element('th', column)));
  top.append(head);
  body.append(...rows.map((cells) => {
    const row = element('tr');
    row.append(...cells.map((cell) => element('td', cell)));
    return row;
  }));
  made.append(top, body);
  made.className = 'plain';
  whole.append(element('h2', title), made);
  return whole;
}

function finding({ kind, title, evidence, nextStep, confidence, share, search: name }) {
  const card = element('li'), head = element('div', undefined, 'finding');
  head.append(element('span', kind.replaceAll('-', ' '), 'kind'), element('strong', title));
  card.append(head, element('p', evidence, 'evidence'), element('p', nextStep, 'next'));
  const foot = element('p', 'Confidence ' + (100 * confidence).toFixed(0) + ' %', 'dim');
  card.append(foot);
  card.style.setProperty('--share', Math.round(100 * Math.min(1, share)) + '%');
  if (name) {
    const show = element('button', 'Show in the flame graph');
    show.addEventListener('click', () => { searchFor(name); byId('flame').scrollIntoView({ block: 'center' }); });
    foot.append(' · ', show);
  }
  return card;
}

function rebuild() {
  const raw = data.parts[shown];
  const base = cut < 0 ? raw : cutOf(raw, raw.cuts[cut]);
  part = treeOf(raw, part && part.raw === raw ? part.frames : framesOf(raw), fromCallers && !raw.before ? callersOf(base) : base, shownBefore);
  byId('sizer').style.height = part.rows * ROW + 'px';
  byId('flame').style.height = Math.max(60, Math.min(part.rows * ROW + 2, innerHeight * 0.6)) + 'px';
  byId('directions').textContent = fromCallers ? 'Self time, callers below' : 'Total time, callees below';
  zoomTo(-1);
  fillTree();
  search(byId('search').value);
}

function show(index) {
  shown = index;
  cut = -1;
  const raw = data.parts[index];
  [...byId('parts').children].forEach((tab, at) => tab.setAttribute('aria-pressed', String(at === index)));
  byId('widths').hidden = !raw.before;
  byId('directions').hidden = Boolean(raw.before);
  byId('cut').hidden = raw.cuts.length === 0;
  byId('cut').replaceChildren(new Option('all labels', '-1'), ...raw.cuts.map(({ name }, at) => new Option(name, String(at))));
  byId('facts').replaceChildren(...raw.facts.map(fact));
  byId('tables').replaceChildren(...raw.tables.map(table));
  rebuild();
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
  byId('bottlenecks').hidden = !data.bottlenecks;
  if (data.bottlenecks) {
    byId('healthy').hidden = data.bottlenecks.length > 0;
    byId('findings').replaceChildren(...data.bottlenecks.map(finding));
  }
  if (data.parts.some((one) => one.before)) {
    document.body.className = 'comparing';
    sortBy = 'delta';
  }
  drawLanes();
  if (data.parts.length > 0) show(0);
  else byId('stacks').hidden = true;
  listen();
  document.body.dataset.ready = '';
}

function listen() {
  byId('theme').addEventListener('click', () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    if (part) draw();
    drawLanes();
  });
  byId('search').addEventListener('input', (event) => search(event.target.value));
  byId('cut').addEventListener('change', (event) => { cut = Number(event.target.value); rebuild(); });
  byId('directions').addEventListener('click', () => { fromCallers = !fromCallers; rebuild(); });
  byId('widths').addEventListener('click', () => {
    shownBefore = !shownBefore;
    byId('widths').textContent = shownBefore ? 'Widths: before' : 'Widths: after';
    rebuild();
  });
  for (const head of document.querySelectorAll('th[data-sort]'))
    head.firstChild.addEventListener('click', () => { sortBy = head.dataset.sort; fillTable(); });
  byId('lanes').addEventListener('mousemove', tellMoment);
  listenToFlame();
  listenToTree();
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target === byId('search')) return;
    event.preventDefault();
    byId('search').focus();
  });
  addEventListener('resize', () => { if (part) draw(); drawLanes(); });
}

document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
unpack().then(start);
`;
