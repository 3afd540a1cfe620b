/** Archives as the kernel unpacks them into its first file system: the `newc` format of cpio(5). */
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * An archive of what is in a folder and `wanted`, owned by root.
 * @param {string} folder
 * @param {(path: string) => boolean} wanted
 */
export function archive(folder, wanted) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const entries = paths.filter(wanted).sort().map((path, index) => entry(path, index + 1, lstatSync(join(folder, path)).mode, contents(join(folder, path))));
  return Buffer.concat([...entries, entry('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

/** @param {string} path */
function contents(path) {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return Buffer.from(readlinkSync(path));
  return stats.isFile() ? readFileSync(path) : Buffer.alloc(0);
}

/** @param {string} name @param {number} inode @param {number} mode @param {Buffer} data */
function entry(name, inode, mode, data) {
  const path = Buffer.from(`${name}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, path.length, 0];
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([head, path])), padded(data)]);
}

/** @param {Buffer} bytes */
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
