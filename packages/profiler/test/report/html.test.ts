import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costsOf } from '../../src/call-tree.js';
import { createProfile } from '../../src/profile.js';
import type { ReportData } from '../../src/report/report-data.js';
import type { Samples } from '../../src/samples.js';
import { plainSamples, samplesFrom } from '../arbitrary-samples.js';

const profileOf = (cpu: Samples) => createProfile({ startedAtMs: 0, durationMs: 1, cpu, memory: undefined, runtime: undefined, conditions: undefined });

const unpacked = (html: string, id: string): string => {
  const packed = new RegExp(`<script type="application/octet-stream" id="${id}">([\\w+/=]*)</script>`).exec(html)?.[1] ?? '';
  return inflateRawSync(Buffer.from(packed, 'base64')).toString();
};
const dataOf = (html: string): ReportData => JSON.parse(unpacked(html, 'data')) as ReportData;

describe('the report', () => {
  it('holds hostile names as data that cannot become markup, and loses none of them', () => {
    fc.assert(
      fc.property(plainSamples, fc.constantFrom('</script><script>alert(1)</script>', '\u2028\u2029<!--', 'plain'), (plain, title) => {
        const samples = samplesFrom(plain);
        const html = profileOf(samples).toHtml({ title });
        expect(html.match(/<script/g)).toHaveLength(3);
        expect(html.match(/<\/script>/g)).toHaveLength(3);
        expect(html).not.toMatch(/[\u2028\u2029]|<!--|alert\(1\)<\//);
        const { title: shown, parts } = dataOf(Buffer.from(html).toString());
        expect(shown).toBe(title);
        expect(parts[0]?.frames.map(([name]) => name)).toEqual(samples.frames.map(({ name }) => name));
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  it('draws every node once and all but the idle time', () => {
    fc.assert(
      fc.property(plainSamples, (plain) => {
        const samples = samplesFrom(plain);
        const [part] = dataOf(profileOf(samples).toHtml()).parts;
        expect(part?.depths).toHaveLength(samples.nodeFrames.length);
        expect(part?.own.reduce((sum, cost) => sum + cost, 0)).toBe(costsOf(samples).busy);
        for (const [node, depth] of part?.depths.entries() ?? []) expect(depth).toBeLessThanOrEqual((part?.depths[node - 1] ?? -1) + 1);
      }),
      { seed: 6, numRuns: 50 },
    );
  });

  it('allows its own script and style alone, by their hashes, and loads nothing', () => {
    const html = profileOf(samplesFrom([])).toHtml();
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const loader = /<script>(.*?)<\/script>/s.exec(html)?.[1];
    const script = unpacked(html, 'viewer');
    expect(policy.split('; ')).toEqual(["default-src 'none'", `script-src ${hash(loader)} ${hash(script)}`, `style-src ${hash(/<style>(.*?)<\/style>/s.exec(html)?.[1])}`, "base-uri 'none'", "form-action 'none'"]);
    for (const text of [loader ?? '', script]) expect(() => new Script(text)).not.toThrow();
    expect(loader + script).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|fetch|XMLHttp|import\(/);
    expect(html).not.toMatch(/\b(?:src|href)=|https?:/);
  });

  it('tells neither arguments nor environment nor folders', () => {
    process.env['FOG_TEST_SECRET'] = 'do-not-tell';
    const { startedAtMs, durationMs } = profileOf(samplesFrom([]));
    const frame = { name: 'f', url: `file://${process.cwd()}/src/f.js`, line: 1, column: 1, kind: 'script' as const };
    const conditions = { node: 'v1', v8: '1', platform: 'linux', arch: 'x64', cpuModel: 'cpu', cpuCount: 2, thread: 'main' as const };
    const html = createProfile({ startedAtMs, durationMs, cpu: samplesFrom([{ deltaUs: 1, stack: [frame] }]), memory: undefined, runtime: undefined, conditions }).toHtml();
    delete process.env['FOG_TEST_SECRET'];
    const page = html.replace(/<style>.*?<\/style>/s, '') + JSON.stringify(dataOf(html));
    for (const secret of ['do-not-tell', process.cwd(), process.argv[1] ?? '?', String(process.pid)]) expect(page).not.toContain(secret);
  });
});
