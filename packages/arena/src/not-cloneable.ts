/**
 * Values of an own property of what must not go through `postMessage` itself: its clone would be a plain object that does
 * nothing, without a word. A symbol cannot be cloned, so a DataCloneError comes, which reads as the symbol does.
 */
export const POST_ITS_TOKEN: unique symbol = Symbol('a block of an arena: post block.token, or block.transfer(), in its place; it');
export const POST_ITS_HANDLE: unique symbol = Symbol('an arena, or a channel of one: post what its share() gives in its place; it');
