/** The report's style sheet. */
export const STYLE = `
:root { color-scheme: light; --back: #faf9f7; --panel: #fff; --soft: #f2efeb; --text: #211c18; --dim: #6d645c; --line: #e2ddd6; --accent: #c2410c; --good: #15803d; --shadow: 0 1px 2px rgb(40 20 0 / .06), 0 4px 16px rgb(40 20 0 / .04); }
:root[data-theme=dark] { color-scheme: dark; --back: #171513; --panel: #201d1a; --soft: #2a2622; --text: #ece7e1; --dim: #a2978c; --line: #38322d; --accent: #fb923c; --good: #4ade80; --shadow: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 1680px; padding: 28px clamp(16px, 3vw, 44px) 60px; background: var(--back); color: var(--text); font: 14px/1.5 ui-sans-serif, system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 4px 24px; align-items: baseline; }
header p { flex-basis: 100%; margin: 0; font-size: 13px; }
h1 { margin: 0; font-size: 26px; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 0 0 10px; font-size: 13px; font-weight: 650; letter-spacing: .04em; text-transform: uppercase; color: var(--dim); }
section { margin-top: 22px; padding: 18px 20px; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
section section { padding: 0; border: 0; box-shadow: none; overflow-x: auto; }
button, input, select { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 5px 12px; }
button { cursor: pointer; }
button:hover:enabled { border-color: var(--accent); }
button:disabled { opacity: .45; cursor: default; }
button[aria-pressed=true] { background: var(--accent); border-color: var(--accent); color: var(--back); font-weight: 600; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 12px; }
.bar input { min-width: 260px; flex: 0 1 360px; }
#parts { display: flex; flex-wrap: wrap; gap: 6px; }
.push { margin-left: auto; }
.dim { color: var(--dim); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 10px; margin: 0 0 14px; }
#run { margin: 18px 0 0; }
#run div { background: var(--panel); border: 1px solid var(--line); box-shadow: var(--shadow); }
dl div { background: var(--soft); border-radius: 10px; padding: 9px 13px; }
dt { color: var(--dim); font-size: 12px; }
dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
#findings { display: grid; grid-template-columns: repeat(auto-fill, minmax(380px, 1fr)); gap: 12px; margin: 0; padding: 0; list-style: none; }
#findings li { position: relative; padding: 12px 14px 10px 18px; background: var(--soft); border-radius: 10px; overflow: hidden; overflow-wrap: anywhere; }
#findings li::before { content: ''; position: absolute; left: 0; bottom: 0; width: 5px; height: max(12%, var(--share)); background: var(--accent); border-radius: 0 4px 0 0; }
#findings p { margin: 6px 0 0; }
#findings button { padding: 0; border: 0; background: none; color: var(--accent); text-decoration: underline; text-underline-offset: 3px; }
.finding { display: flex; flex-direction: column; gap: 2px; }
.kind { font-size: 11px; font-weight: 650; letter-spacing: .05em; text-transform: uppercase; color: var(--accent); }
.evidence { font-size: 13px; color: var(--dim); }
.next::before { content: '→ '; color: var(--accent); }
#healthy { margin: 0; color: var(--good); font-weight: 600; }
#moment { min-height: 21px; margin: 6px 0 0; font-size: 13px; font-variant-numeric: tabular-nums; }
#flame { position: relative; overflow-y: auto; border-radius: 8px; background: var(--soft); }
#flame canvas { position: sticky; top: 0; display: block; cursor: pointer; }
#status { min-height: 44px; padding: 8px 2px 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.hint { margin: 4px 0 0; font-size: 12.5px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--dim); font-size: 12.5px; }
tbody tr:hover { background: var(--soft); }
th button { border: 0; padding: 0; background: none; font-weight: 600; color: inherit; }
th[aria-sort=descending] button { color: var(--text); }
th[aria-sort=descending] button::after { content: ' \\2193'; }
#functions td:nth-last-child(-n+2), #functions th:nth-last-child(-n+2), .plain td:first-child, .plain th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; }
#functions td:last-child { color: var(--dim); }
td button { border: 0; padding: 0; background: none; border-radius: 3px; text-align: left; overflow-wrap: anywhere; font-weight: 550; }
body:not(.comparing) .diff { display: none; }
#tree, #tree ul { margin: 0; padding: 0; list-style: none; }
#tree { max-height: 60vh; overflow: auto; }
#tree li[aria-expanded=false] > ul { display: none; }
#tree ul { padding-left: 18px; }
#tree li { border-radius: 6px; }
.line { display: flex; gap: 10px; align-items: center; padding: 2px 6px; border-radius: 6px; cursor: pointer; white-space: nowrap; }
.line:hover { background: var(--soft); }
.twig { flex: 0 0 12px; color: var(--dim); }
[aria-expanded=false] > .line > .twig::before { content: '\\25B8'; }
[aria-expanded=true] > .line > .twig::before { content: '\\25BE'; }
.meter { flex: 0 0 90px; height: 8px; border-radius: 4px; background: var(--line); overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--accent); }
.number { flex: 0 0 64px; text-align: right; font-variant-numeric: tabular-nums; }
.line .name { font-weight: 550; }
.legend { margin-left: 16px; white-space: nowrap; }
.legend i { display: inline-block; width: 10px; height: 10px; margin: 0 3px 0 10px; border-radius: 3px; background: hsl(32 88% 72%); }
.legend i:nth-of-type(2) { background: hsl(160 24% 72%); }
.legend i:nth-of-type(3) { background: hsl(222 46% 74%); }
.legend i:nth-of-type(4) { background: hsl(0 0% 74%); }
.legend i:nth-of-type(5) { background: hsl(2 65% 72%); }
.legend i:nth-of-type(6) { background: hsl(290 18% 74%); }
kbd { border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 4px; padding: 0 5px; font: 11.5px ui-monospace, monospace; }
@media print { button, .bar input, .hint { display: none; } }
`;
