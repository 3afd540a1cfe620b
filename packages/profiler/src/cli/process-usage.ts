import { readFileSync } from 'node:fs';

/** What `/proc` says of another process, to be shown; nothing where there is no `/proc`. */
export function processUsage(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name in brackets, which may hold anything: state is the third field, user and system time 14 and 15, in hundredths.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuS = (Number(fields[11]) + Number(fields[12])) / 100;
    const rssBytes = Number(fields[21]) * 4_096;
    return ` · ${cpuS.toFixed(1)} s of CPU · ${(rssBytes / 1e6).toFixed(0)} MB`;
  } catch {
    return '';
  }
}
