import type { Readable } from 'node:stream';

const MOST_LINES = 50;

/** The last lines of what a program wrote, for the message of an error; the streams are read to their end, so that it never blocks on them. */
export class OutputTail {
  readonly #lines: string[] = [];

  constructor(...streams: (Readable | null)[]) {
    for (const stream of streams) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split(/\r?\n/);
        rest = lines.pop() ?? '';
        this.#push(lines);
      });
      stream?.once('end', () => this.#push([rest]));
    }
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  #push(lines: readonly string[]): void {
    this.#lines.push(...lines.filter((line) => line.trim() !== ''));
    this.#lines.splice(0, this.#lines.length - MOST_LINES);
  }
}
