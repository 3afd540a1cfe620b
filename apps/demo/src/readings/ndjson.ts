import { Buffer } from 'node:buffer';
import type { RowSink } from './rows.js';

const NEWLINE = 0x0a;

/** One JSON object a line; empty lines are passed over. */
export function readNdjson(bytes: Uint8Array, sink: RowSink): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0, line = 1; start < text.length; line += 1) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline < 0 ? text.length : newline;
    readLine(text.toString('utf8', start, end), line, sink);
    start = end + 1;
  }
}

function readLine(text: string, line: number, sink: RowSink): void {
  if (text.trim() === '') return;
  try {
    const row: unknown = JSON.parse(text);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) sink.row(row as Record<string, unknown>, line);
    else sink.problem(line, 'the row is not a JSON object');
  } catch (error) {
    sink.problem(line, `the row is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
