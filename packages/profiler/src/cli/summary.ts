import { milliseconds, percent } from '../bottlenecks/evidence.js';
import type { Profile } from '../profile.js';
import { scriptName } from '../script-path.js';

const MOST = 8;
/** Letters of a name or of a sentence. */
const LONGEST = 200;

/** What a terminal shows of a profile. */
export function summaryOf(profile: Profile): string {
  const lines = [`${milliseconds(profile.durationMs)} recorded`];
  if (profile.cpu !== undefined || profile.memory !== undefined) lines.push('', tableOf(profile));
  const found = profile.bottlenecks();
  lines.push('', found.length === 0 ? 'No bottleneck found.' : 'Bottlenecks:');
  for (const { title, evidence, nextStep, confidence } of found.slice(0, MOST))
    lines.push(`  ${printable(title)}`, `    ${printable(evidence)} (confidence ${percent(confidence)})`, `    ${nextStep}`);
  return `${lines.join('\n')}\n`;
}

/** The most expensive functions, each a line. */
export function tableOf(profile: Profile, limit: number = MOST): string {
  const rows = profile.top({ limit }).map(({ name, url, line, selfRatio, totalRatio }) => {
    const place = url === '' ? '' : ` ${scriptName(url)}${line > 0 ? `:${line}` : ''}`;
    return `${percent(selfRatio).padStart(8)} ${percent(totalRatio).padStart(8)}  ${printable(name)}${printable(place)}`;
  });
  return [`${'self'.padStart(8)} ${'total'.padStart(8)}  function`, ...rows].join('\n');
}

/** A name must not steer the terminal, nor fill it. */
// oxlint-disable-next-line no-control-regex -- these are the letters that do
export const printable = (text: string): string => text.slice(0, LONGEST).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
