import { fileURLToPath } from 'node:url';

/** The path of a script by its URL, with `/` between folders, `/` first when absolute; anything else as it is. */
export function scriptPath(url: string): string {
  if (/^[a-z]:\\/i.test(url)) return `/${url.replaceAll('\\', '/')}`; // CommonJS on Windows.
  if (url.startsWith('data:')) return 'data:'; // The rest is a program's text.
  if (!url.startsWith('file:')) return url.replace(/[?#].*$/s, '');
  try {
    return fileURLToPath(url, { windows: false });
  } catch {
    return url.slice('file://'.length); // Not a URL after all: a profile may come from anywhere.
  }
}

/** The name of its file alone. */
export function scriptName(url: string): string {
  const path = scriptPath(url);
  return path.slice(path.lastIndexOf('/') + 1);
}
