import type { CaseResult, ContenderResult, Result } from './result.js';

/** One bench as Markdown: a table a case, then what it must reach. */
export function markdownOf(result: Result): string {
  const { title, operation, machine, commit, command, cases, targets } = result;
  const lines = [`**${title}** (${operation})`, ''];
  for (const given of cases) lines.push(...tableOf(given, result), '');
  for (const { id, reach, value, holds } of targets) lines.push(`- ${holds ? 'reached' : '**falls short**'}: ${id} ${reach}, measured ${value}`);
  if (targets.length > 0) lines.push('');
  lines.push(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${commit}: \`${command}\``);
  return lines.join('\n');
}

function tableOf({ name, contenders }: CaseResult, { reference, cases }: Result): string[] {
  const base = contenders.find((contender) => contender.name === reference);
  const figures = [...new Set(contenders.flatMap((contender) => Object.keys(contender.figures)))];
  const head = [cases.length > 1 ? name : 'contender', 'CPU ns', `x ${reference}`, 'wall ns', 'spread', 'heap bytes', ...figures];
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`,
    ...contenders.map((contender) => `| ${rowOf(contender, base, figures).join(' | ')} |`),
  ];
}

function rowOf({ name, cpuNs, wallNs, heapBytes, figures }: ContenderResult, base: ContenderResult | undefined, columns: readonly string[]): string[] {
  return [
    name,
    formatted(cpuNs.median),
    base === undefined ? '' : (cpuNs.median / base.cpuNs.median).toFixed(2),
    formatted(wallNs.median),
    `${formatted(wallNs.min)}–${formatted(wallNs.max)}`,
    heapBytes === null ? '' : formatted(heapBytes),
    ...columns.map((column) => (figures[column] === undefined ? '' : formatted(figures[column].median))),
  ];
}

/** Three significant digits, thousands apart; what a reader can compare at a glance. */
export function formatted(value: number): string {
  if (!Number.isFinite(value)) return '';
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}
