import type { RuleProblem } from '../errors.js';
import type { Alert } from './alert.js';
import type { Rule } from './rule.js';

/** Names that no rule has, and circles: alerts that would silence each other, so that nobody hears of either. */
export function inhibitionProblems(rules: readonly Rule[]): RuleProblem[] {
  const inhibitedBy = new Map<string, string[]>();
  for (const { alert, inhibit } of rules) inhibitedBy.set(alert.name, [...(inhibitedBy.get(alert.name) ?? []), ...inhibit.map((target) => target.alert.name)]);
  return rules.flatMap(({ alert, inhibit }) =>
    inhibit.flatMap(({ alert: { name, line, column } }) => {
      if (!inhibitedBy.has(name)) return [{ line, column, message: `inhibits "${name}", which no rule here is called` }];
      const path = pathTo(alert.name, name, inhibitedBy);
      return path === undefined ? [] : [{ line, column, message: `inhibits in a circle: ${[alert.name, ...path].join(' -> ')}` }];
    }),
  );
}

/** The way from `from` back to `goal`, along what each inhibits. */
function pathTo(goal: string, from: string, inhibits: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (name: string): string[] | undefined => {
    if (name === goal) return [name];
    if (seen.has(name)) return undefined;
    seen.add(name);
    for (const next of inhibits.get(name) ?? []) {
      const path = walk(next);
      if (path !== undefined) return [name, ...path];
    }
    return undefined;
  };
  return walk(from);
}

/** Whether a firing alert of another rule inhibits `alert`. */
export function isInhibited(alert: Alert, firing: readonly { readonly alert: Alert; readonly rule: Rule }[]): boolean {
  return firing.some(({ alert: source, rule }) =>
    rule.inhibit.some((target) => target.alert.name === alert.name && target.equal.every((label) => (source.labels[label] ?? '') === (alert.labels[label] ?? ''))),
  );
}
