import { scriptPath } from '../script-path.js';

/**
 * Short names for the places of scripts, to be shown to others: paths relative to the folder that all scripts share,
 * those of dependencies from their package on. Neither the user's nor the machine's folders remain.
 */
export function shortLocations(urls: readonly string[]): ReadonlyMap<string, string> {
  const paths = new Map(urls.map((url) => [url, scriptPath(url)]));
  const own = [...paths.values()].filter((path) => path.startsWith('/') && !path.includes(MODULES));
  const shared = sharedFolder(own);
  return new Map([...paths].map(([url, path]) => [url, shorten(path, shared)]));
}

const MODULES = '/node_modules/';

function shorten(path: string, shared: string): string {
  const modules = path.lastIndexOf(MODULES);
  if (modules >= 0) return path.slice(modules + MODULES.length);
  return path.startsWith(shared) ? path.slice(shared.length) : path;
}

function sharedFolder([first = '', ...others]: readonly string[]): string {
  let shared = first.slice(0, first.lastIndexOf('/') + 1);
  for (const path of others) {
    while (!path.startsWith(shared)) shared = shared.slice(0, shared.lastIndexOf('/', shared.length - 2) + 1);
  }
  return shared;
}
