/**
 * A directory of that name which outlives the process and which a private server may use: in the checkout's `.cache`,
 * or in a temporary directory where the server's user could not reach the checkout.
 */
export function dataDirectory(name: string): string {
  return name;
}
