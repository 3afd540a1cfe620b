import { Buffer } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import type { RowSink } from './rows.js';

/** RFC 4180 with a header that names the columns in any order. */
export function readCsv(bytes: Uint8Array, sink: RowSink): void {
  try {
    parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      bom: true,
      columns: (names: string[]) => {
        const seen = new Set<string>();
        const twice = names.find((name) => seen.size === seen.add(name).size);
        if (twice !== undefined) sink.problem(1, `the column ${JSON.stringify(twice)} is there twice`);
        return names;
      },
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error) => {
        notCsv(error, sink);
        return undefined;
      },
      // One by one: all rows at once would take a hundred times the memory of their text.
      on_record: (record: Readonly<Record<string, string>>, { lines }) => {
        sink.row(fromText(record), lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    notCsv(error, sink);
  }
}

function notCsv(error: CsvError | undefined, sink: RowSink): void {
  sink.problem(typeof error?.['lines'] === 'number' ? error['lines'] : 1, `the text is not CSV: ${error?.message}`);
}

/** In CSV all is text: an empty field is an absent one, digits are a number. */
function fromText({ value, at, ...rest }: Readonly<Record<string, string>>): Record<string, unknown> {
  return { ...rest, value: numeric(value), ...(at === undefined || at === '' ? {} : { at: numeric(at) }) };
}

const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

function numeric(text: string | undefined): unknown {
  return text !== undefined && DECIMAL.test(text) ? Number(text) : text;
}
