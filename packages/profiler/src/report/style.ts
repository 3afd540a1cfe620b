/** The report's style sheet. */
export const STYLE = `
:root { color-scheme: light; --back: #fff; --text: #1b1f24; --dim: #5d6670; --line: #d5dae0; --panel: #f5f7f9; --accent: #0a58ca; }
:root[data-theme=dark] { color-scheme: dark; --back: #14171a; --text: #e6e9ec; --dim: #9aa4ae; --line: #333a41; --panel: #1d2125; --accent: #6ea8fe; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1600px; padding: 16px 24px; background: var(--back); color: var(--text); font: 14px/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 20px; overflow-wrap: anywhere; }
h2 { margin: 20px 0 8px; font-size: 15px; }
button, input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 5px; padding: 4px 10px; }
button { cursor: pointer; }
button[aria-pressed=true] { border-color: var(--accent); color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 12px 0 8px; }
.bar input { min-width: 240px; }
.push { margin-left: auto; }
.dim { color: var(--dim); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 8px; margin: 12px 0; }
dl div { background: var(--panel); border-radius: 5px; padding: 6px 10px; }
dt { color: var(--dim); font-size: 12px; }
dd { margin: 0; overflow-wrap: anywhere; }
#flame { position: relative; max-height: 65vh; overflow-y: auto; border: 1px solid var(--line); border-radius: 5px; }
#flame canvas { position: sticky; top: 0; display: block; cursor: pointer; }
#status { min-height: 44px; padding: 6px 2px; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 8px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th button { border: 0; padding: 0; background: none; font-weight: 600; }
th[aria-sort=descending] button::after { content: ' \\2193'; }
td:nth-last-child(-n+2), th:nth-last-child(-n+2) { text-align: left; white-space: normal; overflow-wrap: anywhere; }
td button { border: 0; padding: 0; background: none; text-align: left; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
body:not(.comparing) .diff { display: none; }
.legend { margin-left: 16px; }
.legend i { display: inline-block; width: 10px; height: 10px; margin-left: 8px; border-radius: 2px; background: hsl(40 78% 60%); }
.legend i:nth-of-type(2) { background: hsl(140 28% 60%); }
.legend i:nth-of-type(3) { background: hsl(215 48% 60%); }
.legend i:nth-of-type(4) { background: hsl(0 0% 60%); }
.legend i:nth-of-type(5) { background: hsl(2 70% 60%); }
kbd { border: 1px solid var(--line); border-radius: 3px; padding: 0 4px; font: 12px ui-monospace, monospace; }
`;
