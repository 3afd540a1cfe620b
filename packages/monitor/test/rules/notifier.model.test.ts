import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Alert } from '../../src/index.js';
import { Notifier } from '../../src/rules/notifier.js';
import type { Raised } from '../../src/rules/rule-engine.js';
import { parseRules } from '../../src/rules/rule-file.js';
import { Silences } from '../../src/rules/silences.js';

const { rules } = parseRules('groups: [{ name: g, rules: [{ alert: A, expr: a > 1, inhibit: [B] }, { alert: B, expr: b > 1, inhibit: [C] }, { alert: C, expr: c > 1 }] }]');
const NAMES = ['A', 'B', 'C'] as const;

const alertOf = (name: string, state: Alert['state'], changedAtMs: number): Alert => ({
  fingerprint: name, name, labels: { alertname: name }, annotations: {}, series: name, unit: 'count', severity: 'warning', state, value: 1, bound: undefined, direction: undefined,
  startedAtMs: changedAtMs, changedAtMs, suppressedBy: undefined, message: '',
});

it('whatever fires, is inhibited or silenced: each alert is told of once as it fires and once as it resolves', () => {
  const step = fc.record({ firing: fc.subarray([...NAMES]), silence: fc.option(fc.record({ name: fc.constantFrom(...NAMES), seconds: fc.integer({ min: 1, max: 4 }) }), { freq: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const silences = new Silences();
      const known = new Set<string>(); // Told of as firing, and not as resolved since.
      const notifier = new Notifier(silences, {
        tell: ({ name, state }) => {
          expect([name, state, known.has(name)]).toEqual([name, state, state === 'resolved']);
          if (state === 'firing') known.add(name);
          else known.delete(name);
        },
        act: () => undefined,
      });
      let before = new Map<string, Raised>();
      const silencedUntil = new Map<string, number>();
      steps.forEach(({ firing, silence }, second) => {
        const nowMs = second * 1_000;
        if (silence !== null) {
          silences.add({ labels: { alertname: silence.name }, durationMs: silence.seconds * 1_000 }, nowMs);
          silencedUntil.set(silence.name, Math.max(silencedUntil.get(silence.name) ?? 0, nowMs + silence.seconds * 1_000));
        }
        const now = new Map(firing.map((name) => [name as string, before.get(name) ?? { alert: alertOf(name, 'firing', nowMs), rule: rules.find(({ alert }) => alert.name === name) }]));
        const resolved = [...before.keys()].filter((name) => !now.has(name)).map((name) => ({ alert: alertOf(name, 'resolved', nowMs), rule: undefined }));
        notifier.update([...now.values()], resolved, nowMs);
        before = now;
        // Told over again: who fires, is neither silenced nor inhibited, is known; who does not fire is not.
        for (const [index, name] of NAMES.entries()) {
          const suppressed = (silencedUntil.get(name) ?? 0) > nowMs || (index > 0 && now.has(NAMES[index - 1] as string));
          if (!now.has(name)) expect([name, known.has(name)]).toEqual([name, false]);
          else if (!suppressed) expect([name, known.has(name)]).toEqual([name, true]);
        }
      });
    }),
    { seed: 4, numRuns: 500 },
  );
});
