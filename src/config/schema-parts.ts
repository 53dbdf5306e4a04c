import { Type } from 'typebox'

// A `title` says what is allowed, in words: it is printed with a mistake, and shown by editors.

/** The schema of a duration. */
export const duration = (byDefault?: string) =>
  Type.String({
    pattern: '^[1-9][0-9]{0,8}(ms|s|m|h|d)$',
    title: 'a duration such as 500ms, 30s, 15m, 6h or 30d',
    ...(byDefault === undefined ? {} : { default: byDefault })
  })

/** What a name is made of. */
export const namePattern = '[A-Za-z0-9][A-Za-z0-9._-]{0,62}'

/** The schema of a name. */
export const name = Type.String({
  pattern: `^${namePattern}$`,
  title: 'a name of letters, digits, ".", "_" and "-"'
})

/** Refuses keys that the schema does not know. */
export const closed = { additionalProperties: false } as const
