import type { Frame, FrameKind } from '../samples.js';
import type { ScriptPlaces } from './script-places.js';
import { type Unchecked, numberIn, property, textIn } from './json.js';

/** A frame as the DevTools protocol writes it; both its profile formats share it. */
export interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  /** Counted from 0; -1 where there is none. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

const META: ReadonlyMap<string, FrameKind> = new Map([
  ['(program)', 'program'],
  ['(idle)', 'idle'],
  ['(garbage collector)', 'gc'],
  ['(GC)', 'gc'], // So named in heap profiles.
]);

export const PROGRAM: Frame = { name: '(program)', url: '', line: 0, column: 0, kind: 'program' };

export function isRoot(callFrame: Unchecked): boolean {
  return property(callFrame, 'functionName') === '(root)' && property(callFrame, 'url') === '';
}

/** `places` has those of functions that have none of their own any more. */
export function toFrame(callFrame: Unchecked, places?: ScriptPlaces): Frame {
  const name = textIn(callFrame, 'functionName');
  const scriptId = property(callFrame, 'scriptId');
  const own = { url: textIn(callFrame, 'url'), lineNumber: numberIn(callFrame, 'lineNumber', -1), columnNumber: numberIn(callFrame, 'columnNumber', -1) };
  const { url, lineNumber, columnNumber } = (own.url === '' && typeof scriptId === 'string' ? places?.find(scriptId, name) : undefined) ?? own;
  return { name: name === '' ? '(anonymous)' : name, url, line: lineNumber + 1, column: columnNumber + 1, kind: kindOf(name, url, scriptId) };
}

/** A frame of a format that tells neither script nor kind. */
export function frameFrom({ name, url, line, column }: Omit<Frame, 'kind'>): Frame {
  return { name: name === '' ? '(anonymous)' : name, url, line, column, kind: kindOf(name, url, line > 0 ? '' : undefined) };
}

function kindOf(name: string, url: string, scriptId: unknown): FrameKind {
  if (url.startsWith('node:')) return 'node';
  if (url !== '') return 'script';
  // Evaluated code has a script and no URL; what V8 or Node wrote in C++ has neither.
  if (scriptId !== undefined && scriptId !== '0') return 'script';
  return META.get(name) ?? 'native';
}

/** Gives equal URLs equal script ids, and none to native code: readers group by them. */
export class CallFrameWriter {
  readonly #scriptIds = new Map<string, string>();

  write({ name, url, line, column, kind }: Frame): CallFrame {
    const functionName = name === '(anonymous)' ? '' : name;
    return { functionName, scriptId: this.#scriptId(url, kind), url, lineNumber: line - 1, columnNumber: column - 1 };
  }

  #scriptId(url: string, kind: FrameKind): string {
    if (kind !== 'script' && kind !== 'profiler' && kind !== 'node') return '0';
    const known = this.#scriptIds.get(url);
    if (known !== undefined) return known;
    const id = String(this.#scriptIds.size + 1);
    this.#scriptIds.set(url, id);
    return id;
  }
}

export const ROOT: CallFrame = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
