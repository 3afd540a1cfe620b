/** A kernel file that is not what it should be: its source fails this time, with the reason. */
export const malformed = (path: string, reason: string): Error => new Error(`${path} is not as expected: ${reason}`);
