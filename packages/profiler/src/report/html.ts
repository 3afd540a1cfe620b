import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { ReportData } from './report-data.js';
import { STYLE } from './style.js';
import { CALL_TREE } from './viewer/call-tree.js';
import { FLAME } from './viewer/flame.js';
import { LANES } from './viewer/lanes.js';
import { MODEL } from './viewer/model.js';
import { PAGE } from './viewer/page.js';

/**
 * The report as one file that needs nothing else. What the profiled program named goes into the page packed alone,
 * in letters that cannot end their element; scripts, styles and requests other than our own texts
 * are forbidden by a policy in the page, whatever a name contains.
 */
export function renderHtml(data: ReportData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${hash(LOADER)}' '${hash(SCRIPT)}'; style-src '${hash(STYLE)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Profile</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1 id="title"></h1>
<button id="theme" class="push">Light / dark</button>
<p id="conditions" class="dim"></p>
</header>
<dl id="run"></dl>
<main>
<section id="bottlenecks" aria-label="Bottlenecks">
<h2>Bottlenecks</h2>
<p id="healthy">Nothing stands out.</p>
<ul id="findings"></ul>
</section>
<section id="timeline" aria-label="Time line">
<h2>Time line</h2>
<div><canvas id="lanes" role="img" aria-label="What the run did over time"></canvas></div>
<p id="moment" class="dim">Garbage collections are marked at the foot of the first lane, stalls of the event loop above it. Point at a moment for its figures.</p>
</section>
<div id="stacks">
<section aria-label="Flame graph">
<div class="bar">
<span id="parts" role="group" aria-label="What was recorded"></span>
<input id="search" type="search" placeholder="Search functions and files" aria-label="Search functions and files">
<span id="found" class="dim" aria-live="polite"></span>
<select id="cut" aria-label="Samples with this label" hidden></select>
<button id="directions">Total time, callees below</button>
<button id="widths" hidden>Widths: after</button>
<button id="reset" disabled>Zoom out</button>
</div>
<dl id="facts"></dl>
<div id="flame"><canvas tabindex="0" role="application" aria-label="Flame graph, callers above; call tree and table below hold the same figures" aria-describedby="status"></canvas><div id="sizer"></div></div>
<div id="status" role="status"></div>
<p class="hint dim">Click or <kbd>Enter</kbd> zooms in, <kbd>Esc</kbd> out; <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd> walk the stacks; <kbd>/</kbd> searches. <span class="legend"><i></i>program<i></i>Node<i></i>native<i></i>no JavaScript<i></i>garbage collection<i></i>this profiler</span></p>
</section>
<div id="tables"></div>
<section aria-label="Call tree">
<h2>Call tree</h2>
<ul id="tree" role="tree" aria-label="Call tree: share, self, function"></ul>
</section>
<section id="functions" aria-label="Functions">
<h2>Functions</h2>
<table>
<thead><tr><th data-sort="self"><button>Self</button></th><th>%</th><th data-sort="total"><button>Total</button></th><th>%</th><th data-sort="delta" class="diff"><button>Change of self</button></th><th>Function</th><th>Location</th></tr></thead>
<tbody id="rows"></tbody>
</table>
<p id="more" class="dim"></p>
</section>
</div>
</main>
<script type="application/octet-stream" id="data">${packed(JSON.stringify(data))}</script>
<script type="application/octet-stream" id="viewer">${VIEWER}</script>
<script>${LOADER}</script>
</body>
</html>
`;
}

const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** Deflated, in base64: a third as long, and no name is in the page as it is. */
const packed = (text: string): string => deflateRawSync(text, { level: 9 }).toString('base64');

/** A script without the indentation and the comment lines that only its source needs. */
const lean = (script: string): string => script.replaceAll(/^ *(?:\/\/.*)?/gm, '').replaceAll(/\n{2,}/g, '\n');

const SCRIPT = lean([MODEL, FLAME, CALL_TREE, LANES, PAGE].join('\n'));
const VIEWER = packed(SCRIPT);

/** Unpacks the viewer and puts it into the page, whose policy trusts these two texts alone. */
const LOADER = lean(`
'use strict';
const unpacked = (id) => new Response(new Blob([Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream('deflate-raw')));
unpacked('viewer').text().then((text) => {
  const script = document.createElement('script');
  script.textContent = text;
  document.body.append(script);
});
`);
