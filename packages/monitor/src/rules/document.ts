import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { Document, LineCounter, Node, Scalar, YAMLMap } from 'yaml';
import { invalidRules, type RuleProblem } from '../errors.js';
import { durationMs } from './expression/token.js';

/** Loaded with the first file: a monitor without rules does without it. */
const yaml = (): typeof Yaml => createRequire(import.meta.url)('yaml') as typeof Yaml;

const MAX_TEXT = 1_000_000;

/**
 * A YAML document read field by field. What is wrong is collected with its place and not thrown, so that one reading
 * tells all of it; what was wrong reads as missing.
 */
export class RuleDocument {
  readonly root: Node | null;
  readonly #file: string;
  readonly #text: string;
  readonly #document: Document.Parsed;
  readonly #yaml = yaml();
  readonly #lines: LineCounter = new this.#yaml.LineCounter();
  readonly #problems: RuleProblem[] = [];

  constructor(text: string, file: string) {
    this.#file = file;
    this.#text = text;
    if (text.length > MAX_TEXT) throw invalidRules(file, [{ line: 1, column: 1, message: `${text.length} characters; at most ${MAX_TEXT} are read` }]);
    this.#document = this.#yaml.parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
    for (const { message, pos } of [...this.#document.errors, ...this.#document.warnings]) this.problemAt(pos[0], message);
    this.root = this.#document.contents;
  }

  /** @throws {MonitorError} `ERR_MONITOR_INVALID_RULES` if anything was wrong */
  finish(): void {
    if (this.#problems.length > 0) throw invalidRules(this.#file, this.#problems.sort((one, other) => one.line - other.line || one.column - other.column));
  }

  get hasProblems(): boolean {
    return this.#problems.length > 0;
  }

  problemAt(offset: number, message: string): void {
    this.#problems.push({ ...this.#place(offset), message });
  }

  problem(node: Node | null | undefined, message: string): void {
    this.problemAt(node?.range?.[0] ?? 0, message);
  }

  add(problems: readonly RuleProblem[]): void {
    this.#problems.push(...problems);
  }

  placeOf(node: Node | null | undefined): { line: number; column: number } {
    return this.#place(node?.range?.[0] ?? 0);
  }

  /** Place of a character of a scalar's value: where it stands in the file, behind quotes, line breaks and indents. */
  placeIn(node: Scalar, index: number): { line: number; column: number } {
    const value = String(node.value);
    let offset = this.#contentStart(node);
    const end = node.range?.[1] ?? this.#text.length;
    for (let at = 0; ; at += 1) {
      const character = value[at];
      if (character !== undefined && !/\s/.test(character)) while (offset < end && this.#text[offset] !== character) offset += 1;
      if (at >= index || character === undefined) return this.#place(Math.min(offset, end));
      if (this.#text[offset] === character) offset += 1;
    }
  }

  /** The fields of a mapping; names not among `known` are problems. */
  fields<Name extends string>(node: Node | null | undefined, what: string, known: readonly Name[]): Partial<Record<Name, Node>> | undefined {
    const map = this.resolved(node);
    if (!this.#yaml.isMap(map)) {
      this.problem(node, `${what} should be a mapping with ${known.join(', ')}`);
      return undefined;
    }
    const fields: Partial<Record<Name, Node>> = {};
    for (const { key, value } of (map as YAMLMap<Scalar<string>, Node | null>).items) {
      const name = key.value as Name;
      if (!known.includes(name)) this.problem(key, `${what} has no field "${name}"; there are ${known.join(', ')}`);
      else if (value !== null) fields[name] = value;
    }
    return fields;
  }

  /** The members of a sequence. */
  members(node: Node | undefined, what: string): readonly Node[] {
    if (node === undefined) return [];
    const list = this.resolved(node);
    if (this.#yaml.isSeq(list)) return list.items as Node[];
    this.problem(node, `${what} should be a list`);
    return [];
  }

  /** Names and values of a mapping of strings. */
  entries(node: Node | undefined, what: string): readonly (readonly [Scalar<string>, Scalar])[] {
    if (node === undefined) return [];
    const map = this.resolved(node);
    if (!this.#yaml.isMap(map)) {
      this.problem(node, `${what} should be a mapping of names to texts`);
      return [];
    }
    return (map as YAMLMap<Scalar<string>, Node | null>).items.flatMap(({ key, value }) => {
      const scalar = this.resolved(value);
      if (this.#yaml.isScalar(scalar)) return [[key, scalar] as const];
      this.problem(key, `${what}.${key.value} should be a text`);
      return [];
    });
  }

  /** A scalar with text in it. */
  scalar(node: Node | null | undefined, what: string): Scalar<string> | undefined {
    const scalar = this.resolved(node);
    if (this.#yaml.isScalar(scalar) && (typeof scalar.value === 'string' || typeof scalar.value === 'number')) {
      // As it stands in the file: `expr: 1.50` is a text too.
      if (typeof scalar.value === 'number') scalar.value = scalar.source ?? String(scalar.value);
      if (String(scalar.value).trim() !== '') return scalar as Scalar<string>;
    }
    this.problem(node, `${what} should be a text`);
    return undefined;
  }

  text(node: Node | undefined, what: string): string | undefined {
    return node === undefined ? undefined : this.scalar(node, what)?.value;
  }

  duration(node: Node | undefined, what: string, otherwise: number): number {
    if (node === undefined) return otherwise;
    const scalar = this.scalar(node, what);
    if (scalar === undefined) return otherwise;
    const ms = durationMs(scalar.value);
    if (ms === undefined) this.problem(scalar, `${what} is "${scalar.value}", expected a duration such as 30s, 5m or 1h30m`);
    return ms ?? otherwise;
  }

  resolved(node: Node | null | undefined): Node | null | undefined {
    return this.#yaml.isAlias(node) ? node.resolve(this.#document) : node;
  }

  #contentStart(node: Scalar): number {
    const start = node.range?.[0] ?? 0;
    if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') return start + 1;
    if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') return this.#text.indexOf('\n', start) + 1;
    return start;
  }

  #place(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}
