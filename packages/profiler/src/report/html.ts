import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { ReportData } from './report-data.js';
import { STYLE } from './style.js';
import { VIEWER } from './viewer.js';

/**
 * The report as one file that needs nothing else. What the profiled program named goes into the page packed alone,
 * in letters that cannot end their element; scripts, styles and requests other than our own two texts
 * are forbidden by a policy in the page, whatever a name contains.
 */
export function renderHtml(data: ReportData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '${hash(SCRIPT)}'; style-src '${hash(STYLE)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Profile</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1 id="title"></h1>
<p id="conditions" class="dim"></p>
<dl id="run"></dl>
</header>
<main>
<div class="bar">
<span id="parts" role="group" aria-label="What was recorded"></span>
<input id="search" type="search" placeholder="Search functions and files" aria-label="Search functions and files">
<span id="found" class="dim" aria-live="polite"></span>
<button id="reset" disabled>Zoom out</button>
<button id="widths" hidden>Widths: after</button>
<button id="theme" class="push">Light / dark</button>
</div>
<dl id="facts"></dl>
<div id="flame"><canvas tabindex="0" role="application" aria-label="Flame graph, callers above; the table below holds the same figures" aria-describedby="status"></canvas><div id="sizer"></div></div>
<div id="status" role="status"></div>
<p class="dim">Click or <kbd>Enter</kbd> zooms in, <kbd>Esc</kbd> out; <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd> walk the stacks; <kbd>/</kbd> searches. <span class="legend"><i></i> program <i></i> Node <i></i> native <i></i> no JavaScript <i></i> garbage collection</span></p>
<h2>Functions</h2>
<table>
<thead><tr><th data-sort="self"><button>Self</button></th><th>%</th><th data-sort="total"><button>Total</button></th><th>%</th><th data-sort="delta" class="diff"><button>Change of self</button></th><th>Function</th><th>Location</th></tr></thead>
<tbody id="rows"></tbody>
</table>
<p id="more" class="dim"></p>
</main>
<script type="application/octet-stream" id="data">${packed(data)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

const hash = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** JSON, deflated, in base64: half as long, and no name is in the page as it is. `viewer.ts` unpacks it. */
const packed = (data: ReportData): string => deflateRawSync(JSON.stringify(data), { level: 9 }).toString('base64');

/** A script without the indentation and the comment lines that only its source needs. */
const lean = (script: string): string => script.replaceAll(/^ *(?:\/\/.*)?/gm, '').replaceAll(/\n{2,}/g, '\n');

const SCRIPT = lean(VIEWER);
