import type { Result } from './result.js';
import { formatted } from './table.js';

const WIDTH = 720;
const LABEL = 220;
const BAR = 18;
const GAP = 8;

/** One bench as SVG: CPU time an operation, a bar a contender, logarithmic where the slowest is over 20 times the fastest. */
export function chartOf({ title, operation, cases }: Result): string {
  const values = cases.flatMap(({ contenders }) => contenders.map(({ cpuNs }) => cpuNs.median));
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const logarithmic = highest / lowest > 20;
  const scale = (value: number): number =>
    logarithmic ? 0.04 + (0.96 * Math.log(value / lowest)) / Math.log(highest / lowest) : value / highest;
  const rows: string[] = [];
  let y = 44;
  for (const { name, contenders } of cases) {
    if (cases.length > 1) {
      rows.push(text(8, y + 13, name, 'case'));
      y += BAR + GAP;
    }
    for (const contender of contenders) {
      const width = Math.max(1, Math.round(scale(contender.cpuNs.median) * (WIDTH - LABEL - 90)));
      rows.push(text(16, y + 13, contender.name), `<rect x="${LABEL}" y="${y}" width="${width}" height="${BAR}"/>`, text(LABEL + width + 6, y + 13, formatted(contender.cpuNs.median)));
      y += BAR + GAP;
    }
  }
  const scaleNote = logarithmic ? ', logarithmic' : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 8}" viewBox="0 0 ${WIDTH} ${y + 8}" role="img">
<title>${escaped(title)}</title>
<style>text{font:13px system-ui,sans-serif;fill:#24292f}.case,.title{font-weight:600}rect{fill:#0072b2}@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#56b4e9}}</style>
${text(8, 20, `${title}: CPU ns per ${operation}${scaleNote}; shorter is better`, 'title')}
${rows.join('\n')}
</svg>
`;
}

const text = (x: number, y: number, content: string, style = ''): string => `<text x="${x}" y="${y}"${style === '' ? '' : ` class="${style}"`}>${escaped(content)}</text>`;
const escaped = (content: string): string => content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
