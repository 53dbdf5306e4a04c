import { Ajv2020 } from 'ajv/dist/2020.js'

type Schema = Readonly<Record<string, unknown>>
type Content = Readonly<Record<string, { readonly schema: Schema }>>

/** As much of an OpenAPI document as is looked at. */
export interface Document {
  readonly openapi: string
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly summary?: string
            readonly parameters?: readonly { readonly in: string; readonly name: string }[]
            readonly responses: Readonly<Record<string, { readonly content: Content }>>
          }
        >
      >
    >
  >
}

/** A path as OpenAPI writes it. */
export const pathOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}')

/** The same schema, in which what is not named is wrong: an answer that says more than its document does is told. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inside = Object.fromEntries(Object.entries(schema).map(([name, of]) => [name, closed(of)]))
  return 'properties' in inside ? { ...inside, additionalProperties: false } : inside
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })

/** What an answer has that its document has not, or the other way round; none: they agree. */
export function differences(
  { paths }: Document,
  route: string,
  { status, type, body }: { readonly status: number; readonly type: string; readonly body: unknown }
): readonly string[] {
  const [method = '', path = ''] = route.split(' ')
  const responses = paths[pathOf(path)]?.[method.toLowerCase()]?.responses
  const schema = (responses?.[String(status)] ?? responses?.default)?.content[type.split(';')[0]!]?.schema
  if (schema === undefined) return [`${route} answers ${status} ${type}, which is not in the document`]
  const check = ajv.compile(closed(schema) as object)
  if (check(body)) return []
  return check.errors!.map(
    ({ instancePath, message, params }) => `${route} ${status}: ${instancePath} ${message} ${JSON.stringify(params)}`
  )
}
