/** A promise of the next sample, made only when somebody waits for it. */
export class NextSample {
  #promise: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  wait(): Promise<void> {
    return (this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve;
    }));
  }

  /** Lets all that wait go on. */
  release(): void {
    this.#resolve?.();
    this.#promise = this.#resolve = undefined;
  }
}
