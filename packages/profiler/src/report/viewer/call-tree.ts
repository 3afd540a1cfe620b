/** The call tree: rows that open, built as they are opened. */
export const CALL_TREE: string = String.raw`
const MOST_CALLEES = 200;

// The callees of a node that cost anything, the most expensive first as they lie.
function calleesOf(node) {
  const found = [], end = node < 0 ? part.count : part.ends[node];
  for (let at = node + 1; at < end && found.length < MOST_CALLEES; at = part.ends[at]) if (part.totals[at] > 0) found.push(at);
  return found.sort((a, b) => part.totals[b] - part.totals[a]);
}

function treeItem(node) {
  const { name, place } = frameOf(node), item = element('li'), line = element('div', undefined, 'line'), callees = calleesOf(node);
  item.setAttribute('role', 'treeitem');
  item.tabIndex = -1;
  if (callees.length > 0) item.setAttribute('aria-expanded', 'false');
  const bar = element('span', undefined, 'meter'), fill = element('i');
  fill.style.width = Math.max(1, 100 * share(part.totals[node])) + '%';
  bar.append(fill);
  line.append(element('span', undefined, 'twig'), bar, element('span', percent(part.totals[node]), 'number'), element('span', amount(fromCallers ? part.totals[node] : part.own[node]), 'number dim'), element('span', name.slice(0, 300), 'name'), element('span', place, 'dim place'));
  item.append(line);
  item.callees = callees;
  line.addEventListener('click', () => { focusItem(item); toggle(item); });
  return item;
}

function toggle(item, open = item.getAttribute('aria-expanded') === 'false') {
  if (!item.hasAttribute('aria-expanded')) return;
  item.setAttribute('aria-expanded', String(open));
  if (open && !item.querySelector('ul')) {
    const list = element('ul');
    list.setAttribute('role', 'group');
    list.append(...item.callees.map(treeItem));
    item.append(list);
  }
}

// Opens the way along which most of the cost lies.
function fillTree() {
  byId('tree').replaceChildren(...calleesOf(-1).map(treeItem));
  for (let item = byId('tree').firstChild; item && share(part.totals[0]) > 0; item = item.querySelector('li')) {
    const [first] = item.callees;
    if (first === undefined || share(part.totals[first]) < 0.2) break;
    toggle(item, true);
  }
  const top = byId('tree').firstChild;
  if (top) top.tabIndex = 0;
}

function focusItem(item) {
  if (!item) return;
  for (const other of byId('tree').querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
}

const TREE_KEYS = {
  ArrowDown: (items, at) => focusItem(items[at + 1]),
  ArrowUp: (items, at) => focusItem(items[at - 1]),
  ArrowRight: (items, at) => (items[at].getAttribute('aria-expanded') === 'false' ? toggle(items[at], true) : focusItem(items[at].querySelector('li'))),
  ArrowLeft: (items, at) => (items[at].getAttribute('aria-expanded') === 'true' ? toggle(items[at], false) : focusItem(items[at].parentElement.closest('li'))),
  Enter: (items, at) => toggle(items[at]),
};

function listenToTree() {
  byId('tree').addEventListener('keydown', (event) => {
    const key = Object.hasOwn(TREE_KEYS, event.key) ? TREE_KEYS[event.key] : undefined;
    const items = [...byId('tree').querySelectorAll('li')].filter((item) => item.checkVisibility());
    const at = items.indexOf(document.activeElement);
    if (!key || at < 0) return;
    event.preventDefault();
    key(items, at);
  });
}
`;
