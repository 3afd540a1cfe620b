import { word, type Scanner } from './scanner.js';

/** What a row of a device file becomes: the state kept between samples and what to do with its numbers. */
export interface Device {
  /** Reads the rest of the line. */
  update(scanner: Scanner, seconds: number): void;
  /** The device is no longer listed. */
  gone(): void;
}

interface Row<D extends Device> {
  readonly name: Uint8Array;
  /** `undefined` for devices that do not count. */
  readonly device: D | undefined;
  seenIn: number;
}

/**
 * The devices of a file with one line each. They come and go, but nearly always the next line is the device after
 * the one before, so that this is tried first; names become strings only when they are new.
 */
export class DeviceTable<D extends Device> {
  readonly #meet: (name: string) => D | undefined;
  #rows: Row<D>[] = [];
  #reading = 0;
  #next = 0;

  /** `meet` makes the state of a device seen for the first time, or again after it was gone. */
  constructor(meet: (name: string) => D | undefined) {
    this.#meet = meet;
  }

  begin(): void {
    this.#reading += 1;
    this.#next = 0;
  }

  /** The device whose name is next in `scanner`, which goes past it. */
  match(scanner: Scanner): D | undefined {
    const row = this.#matchRow(scanner) ?? this.#add(scanner.name());
    row.seenIn = this.#reading;
    return row.device;
  }

  /** Forgets the devices that were not in the file this time. */
  end(): void {
    // Counted and not asked for by `some()`, whose closure would be garbage of every sample.
    let missing = 0;
    for (const { seenIn } of this.#rows) if (seenIn !== this.#reading) missing += 1;
    if (missing === 0) return;
    for (const row of this.#rows) if (row.seenIn !== this.#reading) row.device?.gone();
    this.#rows = this.#rows.filter((row) => row.seenIn === this.#reading);
  }

  #matchRow(scanner: Scanner): Row<D> | undefined {
    for (let tried = 0; tried < this.#rows.length; tried += 1) {
      const index = (this.#next + tried) % this.#rows.length;
      const row = this.#rows[index];
      if (row === undefined || !scanner.skipName(row.name)) continue;
      this.#next = index + 1;
      return row;
    }
    return undefined;
  }

  #add(name: string): Row<D> {
    const row: Row<D> = { name: word(name), device: this.#meet(name), seenIn: this.#reading };
    this.#rows.push(row);
    this.#next = this.#rows.length;
    return row;
  }
}
