/**
 * The import rules of ARCHITECTURE.md as a lint rule: who may import what, by folder. A plugin of our own, since the
 * linter's built-in rule sees neither `import()` nor `require()`, which would be the ways around it.
 */
import { isBuiltin } from 'node:module';
import { join, normalize, relative, sep } from 'node:path';

/** Third parties a file of a package may import: its optional peers, or what an ADR allows. */
export const THIRD_PARTIES = new Map([
  ['packages/pool/src/adapters/pg.ts', ['pg']],
  ['packages/pool/src/postgres/connection.ts', ['pg']],
  ['packages/pool/src/postgres/cancellable.ts', ['pg']],
  ['packages/pool/src/postgres/transaction.ts', ['pg']],
  ['packages/pool/src/postgres/pipelines.ts', ['pg']],
  ['packages/pool/src/postgres/statement-watch.ts', ['pg']],
  ['packages/pool/src/postgres/stop-query.ts', ['pg']],
  ['packages/pool/src/postgres/drop-in-pool.ts', ['pg']],
  ['packages/pool/src/postgres/open-in-time.ts', ['pg']],
  ['packages/pool/src/postgres/pool-config.ts', ['pg']],
  ['packages/pool/src/adapters/ioredis.ts', ['ioredis']],
  ['packages/profiler/src/opentelemetry.ts', ['@opentelemetry/api']],
  ['packages/pool/src/metrics/opentelemetry.ts', ['@opentelemetry/api']],
  ['packages/pool/src/metrics/prometheus.ts', ['prom-client']],
  ['packages/monitor/src/sources/portable.ts', ['systeminformation']],
  ['packages/monitor/src/sources/inventory.ts', ['systeminformation']],
  ['packages/monitor/src/rules/document.ts', ['yaml']],
  ['packages/monitor/src/rules/rule-file.ts', ['yaml']],
  ['packages/monitor/src/rules/rule-test.ts', ['yaml']],
  ['packages/monitor/src/exposition/prometheus.ts', ['prom-client']],
  ['packages/monitor/src/exposition/opentelemetry.ts', ['@opentelemetry/api']],
]);

/**
 * Why `file` may not import `specifier`; `undefined` if it may.
 * @param {string} file path from the root, with `/`
 * @param {string} specifier
 * @returns {string | undefined}
 */
export function forbidden(file, specifier) {
  const place = placeOf(file);
  if (place === undefined) return undefined;
  if (specifier.startsWith('.')) {
    const target = normalize(join(file, '..', specifier)).split(sep).join('/');
    if (!target.startsWith(`${place.reach}/`)) return `it leaves ${place.reach}; ${place.rule}`;
    if (place.kind === 'source' && target === `${place.reach}/index.js`) return 'index.ts lists what is public and is imported by nobody inside; import the file that has the name';
    return undefined;
  }
  if (specifier.startsWith('node:')) return undefined;
  if (isBuiltin(specifier)) return `write node:${specifier}`;
  return place.allows(specifier) ? undefined : place.rule;
}

const isFog = (/** @type {string} */ specifier) => specifier.startsWith('@fog/');
const isTool = (/** @type {string} */ specifier) => /^@fog\/(?:testkit|services)(?:\/|$)/.test(specifier);
const isDeep = (/** @type {string} */ specifier) => /^@fog\/[^/]+\/(?:src|dist)(?:\/|$)/.test(specifier);

/** @returns {{ kind: 'source' | 'other', reach: string, rule: string, allows: (specifier: string) => boolean } | undefined} */
function placeOf(/** @type {string} */ file) {
  const [top = '', name = '', part = ''] = file.split('/');
  if (top === 'packages' && part === 'src')
    return {
      kind: 'source',
      reach: `packages/${name}/src`,
      rule: 'a package stands alone: node: built-ins, its own files and its declared peers',
      allows: (specifier) => (THIRD_PARTIES.get(file) ?? []).some((allowed) => specifier === allowed || specifier.startsWith(`${allowed}/`)),
    };
  if (top === 'packages' && part === 'test')
    return {
      kind: 'other',
      reach: `packages/${name}`,
      rule: 'the tests of a package import its own source, tools/testkit, tools/services and third parties, never another package',
      allows: (specifier) => !isFog(specifier) || isTool(specifier) || specifier === `@fog/${name}` || specifier.startsWith(`@fog/${name}/`),
    };
  if (top === 'apps' || top === 'benchmarks')
    return {
      kind: 'other',
      reach: top === 'apps' ? `apps/${name}` : top,
      rule: 'packages are imported by their public names',
      allows: (specifier) => !isDeep(specifier),
    };
  if (top === 'tools')
    return { kind: 'other', reach: 'tools', rule: 'tools never import packages', allows: (specifier) => !isFog(specifier) || isTool(specifier) };
  return undefined;
}

/** @typedef {{ type: string, value?: unknown, source?: Literal | null, argument?: Literal, callee?: { name?: string }, arguments?: Literal[] }} Literal */

export default {
  meta: { name: 'fog' },
  rules: {
    imports: {
      create(/** @type {{ cwd: string, filename: string, report: (problem: { node: unknown, message: string }) => void }} */ context) {
        const file = relative(context.cwd, context.filename).split(sep).join('/');
        const check = (/** @type {Literal | null | undefined} */ node) => {
          if (node?.type !== 'Literal' || typeof node.value !== 'string') return;
          const why = forbidden(file, node.value);
          if (why !== undefined) context.report({ node, message: `Import of '${node.value}' is not allowed here: ${why}.` });
        };
        const source = (/** @type {Literal} */ node) => check(node.source);
        return {
          ImportDeclaration: source,
          ExportNamedDeclaration: source,
          ExportAllDeclaration: source,
          ImportExpression: source,
          TSImportType: source,
          CallExpression: (/** @type {Literal} */ node) => {
            if (node.callee?.name === 'require') check(node.arguments?.[0]);
          },
        };
      },
    },
  },
};
