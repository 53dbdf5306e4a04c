/**
 * Strips control characters (terminal escape injection): names on the bus are hostile, and an escape sequence, a line break or a change of writing
 * direction in one must not reach the screen of whoever reads about it.
 */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
