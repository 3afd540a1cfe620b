interface Asked {
  waitedMs: number;
  bytes: number;
}

/** Who asked for operations on one file or host, by nodes of the tree of sites: estimated, as the sites are. */
export class WhoAsked {
  readonly #asked = new Map<number, Asked>();

  /** `node`: of the function of the program that asked, or -1. */
  add(node: number, bytes: number, waitedMs: number): void {
    if (node < 0) return;
    const asked = this.#asked.get(node) ?? { waitedMs: 0, bytes: 0 };
    asked.waitedMs += waitedMs;
    asked.bytes += bytes;
    this.#asked.set(node, asked);
  }

  addAll(other: WhoAsked): void {
    for (const [node, { bytes, waitedMs }] of other.#asked) this.add(node, bytes, waitedMs);
  }

  /** The frame of whoever waited most, or moved the most bytes; `undefined` if nobody did. */
  most(of: keyof Asked, nodeFrames: ArrayLike<number>): number | undefined {
    const byFrame = new Map<number, number>();
    for (const [node, asked] of this.#asked) {
      const frame = nodeFrames[node] ?? 0;
      byFrame.set(frame, (byFrame.get(frame) ?? 0) + asked[of]);
    }
    const [first] = [...byFrame].sort(([, a], [, b]) => b - a);
    return first === undefined || first[1] === 0 ? undefined : first[0];
  }
}
