/** Where a format's reader puts what it finds, row by row. */
export interface RowSink {
  row(fields: Readonly<Record<string, unknown>>, line: number): void;
  problem(line: number, message: string): void;
}
