import { invalidProfile } from '../errors.js';

/*
 * As much of Protocol Buffers as pprof takes: numbers as varints, texts, messages and packed numbers.
 * https://protobuf.dev/programming-guides/encoding/
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Writes one message; fields that are 0 or empty are left out, as readers assume it of those that are not there. */
export class MessageWriter {
  #buffer = Buffer.allocUnsafe(64);
  #length = 0;

  number(field: number, value: number | bigint): this {
    if (value === 0 || value === 0n) return this;
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
    return this;
  }

  /** In a list an empty text counts too. */
  text(field: number, value: string): this {
    return this.#bytes(field, Buffer.from(value, 'utf8'));
  }

  /** 64 bits of fixed length. */
  fixed64(field: number, value: bigint): this {
    this.#varint(field * 8 + FIXED64);
    this.#reserve(8);
    this.#length = this.#buffer.writeBigUInt64LE(value, this.#length);
    return this;
  }

  bytes(field: number, value: Buffer): this {
    return this.#bytes(field, value);
  }

  message(field: number, message: MessageWriter): this {
    return this.#bytes(field, message.finish());
  }

  packed(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const list = new MessageWriter();
    for (const value of values) list.#varint(value);
    return this.#bytes(field, list.finish());
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #bytes(field: number, bytes: Buffer): this {
    this.#varint(field * 8 + BYTES);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    bytes.copy(this.#buffer, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    let rest = value;
    // Arithmetic on numbers as long as they are exact; 64 bits, times in nanoseconds above all, take a bigint.
    if (typeof rest === 'bigint') {
      for (; rest > 0x7fn; rest >>= 7n) this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
    } else {
      for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#buffer[this.#length++] = (rest % 128) | 0x80;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + length));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** A field as it is read: `value` of numbers, `bytes` of all else. */
export interface Field {
  readonly field: number;
  readonly value: number;
  readonly bytes: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** @throws {ProfilerError} `ERR_PROFILER_INVALID_PROFILE` */
export function* fieldsOf(message: Buffer, where: string): Generator<Field> {
  const at = { offset: 0 };
  while (at.offset < message.length) {
    const tag = readVarint(message, at, where);
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === VARINT) yield { field, value: readVarint(message, at, where), bytes: NOTHING };
    else if (wire === BYTES) yield { field, value: 0, bytes: take(message, at, readVarint(message, at, where), where) };
    else if (wire === FIXED64) take(message, at, 8, where);
    else if (wire === FIXED32) take(message, at, 4, where);
    else throw invalidProfile(`the kind of field ${field} of ${where}`, wire, 'one of Protocol Buffers');
  }
}

/** Numbers of a repeated field, whether packed or each with its tag. */
export function numbersOf({ bytes, value }: Field, where: string): number[] {
  if (bytes === NOTHING) return [value];
  const at = { offset: 0 };
  const numbers: number[] = [];
  while (at.offset < bytes.length) numbers.push(readVarint(bytes, at, where));
  return numbers;
}

function take(message: Buffer, at: { offset: number }, length: number, where: string): Buffer {
  const end = at.offset + length;
  if (end > message.length) throw invalidProfile(`the length of ${where}`, message.length, `${end} bytes or more`);
  const bytes = message.subarray(at.offset, end);
  at.offset = end;
  return bytes;
}

/** As a number: exact up to 2 ** 53, near to it above; those below 0 take all ten bytes. */
function readVarint(message: Buffer, at: { offset: number }, where: string): number {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = message[at.offset++];
    if (byte === undefined) throw invalidProfile(`the length of ${where}`, message.length, 'more: it ends within a number');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return index === 9 ? Number(BigInt.asIntN(64, BigInt(value))) : value;
  }
  throw invalidProfile(`a number of ${where}`, value, 'at most ten bytes');
}
