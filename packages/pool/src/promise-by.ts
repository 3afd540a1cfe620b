/** A promise made by the class that the user wants, be it Node's own or another's. */
export function promiseBy<T>(wanted: PromiseConstructorLike, native: Promise<T>): Promise<T> {
  if (wanted === Promise) return native;
  return new wanted<T>((resolve, reject) => {
    native.then(resolve, reject);
  }) as Promise<T>;
}
