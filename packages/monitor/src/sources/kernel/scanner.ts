const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const ZERO = 0x30;
const POINT = 0x2e;

/** The bytes of a word to look for; made once, at start. */
export const word = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/**
 * Reads numbers out of a kernel file's bytes, without a string in between: parsing five files through
 * `toString().split()` costs some 20 KB of garbage a sample, this none. `pnpm bench monitor/sample`.
 */
export class Scanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  reset(bytes: Uint8Array, length: number): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = length;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  get atLineEnd(): boolean {
    return this.#at >= this.#end || this.#bytes[this.#at] === NEWLINE;
  }

  /** Goes to the start of the next line. */
  nextLine(): void {
    const found = this.#bytes.indexOf(NEWLINE, this.#at);
    this.#at = found === -1 || found >= this.#end ? this.#end : found + 1;
  }

  /** Goes past the blanks in front. */
  blanks(): void {
    while (this.#at < this.#end && (this.#bytes[this.#at] === SPACE || this.#bytes[this.#at] === TAB)) this.#at += 1;
  }

  /** Goes past `bytes` if they are next. */
  skip(bytes: Uint8Array): boolean {
    if (!this.startsWith(bytes)) return false;
    this.#at += bytes.length;
    return true;
  }

  /** Goes past the first line, from here on, that begins with `bytes`, up to what follows them there. */
  seek(bytes: Uint8Array): boolean {
    for (; !this.atEnd; this.nextLine()) if (this.skip(bytes)) return true;
    return false;
  }

  /** The decimal number after the blanks here, its fraction included; NaN if there is none. */
  number(): number {
    this.blanks();
    const start = this.#at;
    const whole = this.#digits(0);
    if (this.#at === start) return Number.NaN;
    if (this.#at >= this.#end || this.#bytes[this.#at] !== POINT) return whole;
    this.#at += 1;
    const point = this.#at;
    const digits = this.#digits(whole);
    return digits / 10 ** (this.#at - point);
  }

  /** Goes past `count` words. */
  skipWords(count: number): void {
    for (let skipped = 0; skipped < count; skipped += 1) {
      this.blanks();
      while (!this.#atWordEnd()) this.#at += 1;
    }
  }

  /** Goes past the word here, which a blank or a colon ends, if it is `bytes`. */
  skipName(bytes: Uint8Array): boolean {
    this.blanks();
    if (!this.startsWith(bytes)) return false;
    const after = this.#bytes[this.#at + bytes.length];
    if (this.#at + bytes.length < this.#end && after !== SPACE && after !== COLON) return false;
    this.#at += bytes.length;
    this.#colon();
    return true;
  }

  /** The word here, which a blank or a colon ends, as a string. For what is new; what is known is compared by `skipName`. */
  name(): string {
    this.blanks();
    const start = this.#at;
    while (!this.#atWordEnd() && this.#bytes[this.#at] !== COLON) this.#at += 1;
    const name = Buffer.from(this.#bytes.subarray(start, this.#at)).toString('latin1');
    this.#colon();
    return name;
  }

  #colon(): void {
    if (this.#at < this.#end && this.#bytes[this.#at] === COLON) this.#at += 1;
  }

  #atWordEnd(): boolean {
    if (this.#at >= this.#end) return true;
    const byte = this.#bytes[this.#at];
    return byte === SPACE || byte === TAB || byte === NEWLINE;
  }

  /** `value` with the digits here written after it. */
  #digits(value: number): number {
    let digits = value;
    for (; this.#at < this.#end; this.#at += 1) {
      const digit = (this.#bytes[this.#at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      digits = digits * 10 + digit;
    }
    return digits;
  }

  /** Whether `bytes` are next. */
  startsWith(bytes: Uint8Array): boolean {
    if (this.#at + bytes.length > this.#end) return false;
    for (let index = 0; index < bytes.length; index += 1) if (this.#bytes[this.#at + index] !== bytes[index]) return false;
    return true;
  }
}
