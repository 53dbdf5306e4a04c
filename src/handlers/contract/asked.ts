import { type TSchema, type TString, Type } from 'typebox'

// What a query or a body may say: texts, and what is said about a wrong one. `description` is what the answer calls allowed, and
// `x-problem` what it says is wrong; both are in the OpenAPI document.

interface Words {
  readonly allowed?: string
  readonly problem?: string
}

const words = ({ allowed, problem }: Words) => ({
  ...(allowed === undefined ? {} : { description: allowed }),
  ...(problem === undefined ? {} : { 'x-problem': problem })
})

/** Makes the schema of a text of this form. */
export const form = (pattern: string, said: Required<Words>): TString => Type.String({ pattern, ...words(said) })
/** Makes the schema of a text without a form of its own; `allowed` describes it. */
export const plainText = (allowed?: string): TString => Type.String(words(allowed === undefined ? {} : { allowed }))

/** Makes the schema of one of these words. */
export const oneOf = <Values extends string[]>(...values: Values) =>
  Type.Enum<Values>(values, words({ allowed: values.join(', '), problem: 'is not known' }))

/** Makes a schema optional. */
export const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema)

/** Makes the schema of a closed object: a property that it does not name is refused. */
export const closedForm = <Properties extends Record<string, TSchema>>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false })

const to500 = { problem: 'is out of range', allowed: 'a whole number from 1 to 500' }
/** The schema of a whole number from 1 to 500, written as text. */
export const wholeTo500 = form('^([1-9]\\d?|[1-4]\\d\\d|500)$', to500)
/** Returns of a list: zeros may stand in front. */
export const rowsTo500 = form('^(?!0+$)([0-4]?\\d{1,2}|500)$', to500)

/** The schema of the reason that a person gives. */
export const reason = maybe(plainText('kept in the journal with who did it; at most 500 characters'))
