import { type Unchecked, numberIn, objectIn, objectsIn, property, textIn } from './json.js';

/** Where a function is; lines and columns count from 0, -1 where that is not known. */
export interface Place {
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/**
 * Where functions of scripts are that V8 has collected since, by what it calls the scripts: reading a heap profile forces a
 * collection, and then knows no more of them than names. A CPU profile of the same time has kept their places.
 */
export class ScriptPlaces {
  readonly #urls = new Map<string, string>();
  /** By script and name; `undefined` for a name that several functions of the script have. */
  readonly #places = new Map<string, Place | undefined>();

  constructor(cpuProfile: Unchecked) {
    for (const node of objectsIn(cpuProfile, 'nodes')) {
      const callFrame = objectIn(node, 'callFrame');
      const [scriptId, url] = [property(callFrame, 'scriptId'), textIn(callFrame, 'url')];
      if (typeof scriptId !== 'string' || url === '') continue;
      this.#urls.set(scriptId, url);
      const place = { url, lineNumber: numberIn(callFrame, 'lineNumber', -1), columnNumber: numberIn(callFrame, 'columnNumber', -1) };
      const key = `${scriptId} ${textIn(callFrame, 'functionName')}`;
      const known = this.#places.get(key);
      const isAnother = known?.lineNumber !== place.lineNumber || known.columnNumber !== place.columnNumber;
      this.#places.set(key, this.#places.has(key) && isAnother ? undefined : place);
    }
  }

  /** The place of the function, or of its script alone, as far as it is known. */
  find(scriptId: string, functionName: string): Place | undefined {
    const url = this.#urls.get(scriptId);
    return this.#places.get(`${scriptId} ${functionName}`) ?? (url === undefined ? undefined : { url, lineNumber: -1, columnNumber: -1 });
  }
}
