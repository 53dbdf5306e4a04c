import { Compile } from 'typebox/compile'
import type { Failure } from '../../base/errors.ts'
import { contractOf } from './contracts.ts'
import { notAskable, type RequestPart, type RequestSchema, refusedBy } from './wrong.ts'

/** Compiles what a route's contract says of a part of a request; what it says nothing of may be anything. */
export function checkOf(route: string, part: RequestPart): (value: unknown) => Failure | null {
  const schema = contractOf(route)?.[part]
  if (schema === undefined) return () => null
  const compiled = Compile(schema)
  const asked = schema as unknown as RequestSchema // every schema of a part is a closed object of texts: asked.ts
  return (value) => {
    const no = notAskable(part, asked, value)
    if (no !== null) return no
    if (compiled.Check(value)) return null
    const wrong = new Set(compiled.Errors(value).map(({ instancePath }) => instancePath))
    return refusedBy(asked, value as Readonly<Record<string, unknown>>, (name) => wrong.has(`/${name}`))
  }
}
