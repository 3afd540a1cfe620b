import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace this code runs in, also when bundled into an application's `dist`; `undefined` outside one. */
export const checkout: string | undefined = workspaceAbove(dirname(fileURLToPath(import.meta.url)));

function workspaceAbove(folder: string): string | undefined {
  if (existsSync(join(folder, 'pnpm-workspace.yaml'))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : workspaceAbove(parent);
}

/**
 * The entry point of an npm package that brings programs; `undefined` if it is not installed, as an optional dependency
 * for another platform is not. Bundled code sits where this package's own dependencies cannot be seen, so we
 * also look from where it was written.
 */
export function packageEntry(name: string): string | undefined {
  const from = [import.meta.url, ...(checkout === undefined ? [] : [join(checkout, 'tools/services/package.json')])];
  for (const base of from) {
    try {
      return createRequire(base).resolve(name);
    } catch {
      // Not visible from here.
    }
  }
  return undefined;
}
