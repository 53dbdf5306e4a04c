import { createRequire } from 'node:module'

// In the bundle, `require` is esbuild's, which keeps these libraries unevaluated until they are asked for: build.mjs leaves this line out.
const require = createRequire(import.meta.url)

/** Loads CEL's library: where a condition is configured. */
export const cel = (): typeof import('@marcbachmann/cel-js') => require('@marcbachmann/cel-js')

/** Loads the library of recurrence rules: where a calendar repeats something. */
export const recurrenceRules = (): typeof import('rrule-temporal') => require('rrule-temporal')

/** Loads RE2: where a pattern is configured or asked for. */
export const re2 = (): typeof import('re2js') => require('re2js')
