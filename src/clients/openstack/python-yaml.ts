import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type Scalar } from 'yaml'
import { unquoted } from '../../config/document.ts'

/**
 * A value as Python has it after `yaml.safe_load` or `json.load`: whole numbers of any length are `bigint`, a float is
 * `number`, and a mapping keeps its order and the kind of its keys.
 */
export type Py = string | bigint | number | boolean | null | Moment | readonly Py[] | PyMap
/** A mapping of YAML as Python reads it: keys may be of any type. */
export type PyMap = Map<Py, Py>

/** What PyYAML takes for a date or a time; nothing of ours is one. */
export interface Moment {
  readonly moment: string
}

/** Whether a value is such a mapping. */
export const isPyMap = (value: unknown): value is PyMap => value instanceof Map

/**
 * The document in `text` as PyYAML's `safe_load` understands it, which is YAML 1.1: `yes` and `off` are booleans, `0123` is
 * octal, `1:30` is 90, `<<` merges. The parser is the library's; which plain word means what is written down here, because
 * its own YAML 1.1 differs (`y`, `1e5`) and rounds long numbers. Throws a sentence for what `safe_load` refuses.
 */
export function parsePythonYaml(text: string): Py {
  // `failsafe`: every scalar stays the text that was written. Not prettyErrors: those quote the line, and its password.
  const lineCounter = new LineCounter()
  const options = { version: '1.1', schema: 'failsafe', uniqueKeys: false, prettyErrors: false, lineCounter } as const
  const document = parseDocument(text, options)
  const [error] = document.errors
  if (error !== undefined) throw new Error(`line ${lineCounter.linePos(error.pos[0]).line}: ${unquoted(error.message)}`)

  const lineOf = (node: Node): number => lineCounter.linePos(node.range?.[0] ?? 0).line
  const under = new Set<Node>()
  const known = new Map<Node, Py>()
  const resolved = (node: Node | null): Node | null => {
    if (!isAlias(node)) return node
    const target = node.resolve(document)
    if (target === undefined)
      throw new Error(`line ${lineOf(node)}: * stands for an anchor that is not there; quote it if it is text`)
    return target
  }

  function construct(written: Node | null): Py {
    const node = resolved(written)
    if (node === null) return null
    const before = known.get(node)
    if (before !== undefined) return before
    if (under.has(node)) throw new Error('a part of it holds itself')
    under.add(node)
    let value: Py
    if (isScalar(node)) value = scalarAt(node)
    else if (isSeq(node)) value = untagged(node, 'seq') && node.items.map((item) => construct(item as Node))
    else value = untagged(node, 'map') && new Map(pairs(node).map(entry))
    under.delete(node)
    known.set(node, value)
    return value
  }

  function scalarAt(node: Scalar): Py {
    try {
      return scalar(node)
    } catch (thrown) {
      throw new Error(`line ${lineOf(node)}: ${(thrown as Error).message}`)
    }
  }

  function entry({ key, value }: Pair): [Py, Py] {
    const name = construct(key as Node)
    if (typeof name === 'object' && name !== null) throw new Error('a list or a map is used as a key')
    return [name, construct(value as Node)]
  }

  /** Merged ones first, so that what is written beside `<<` counts. */
  function pairs(node: Node | null): Pair[] {
    if (!isMap(node)) return []
    const merged: Pair[] = []
    const own: Pair[] = []
    for (const pair of node.items) {
      if (!isMerge(pair.key)) {
        own.push(pair)
        continue
      }
      const from = resolved(pair.value as Node)
      const maps = isSeq(from) ? from.items.map((item) => resolved(item as Node)) : [from]
      if (under.has(from!) || !maps.every((one) => isMap(one) && !under.has(one)))
        throw new Error('<< names something that is not a map, or the map that it is in')
      const several = maps.map(pairs)
      // PyYAML 6.0 takes the first, 6.0.4 the last.
      const twice = several.length > 1 ? contradiction(several.flat()) : undefined
      if (twice !== undefined)
        throw new Error(
          `<< names several maps that differ in ${twice}: PyYAML's versions disagree which of them counts`
        )
      merged.push(...several.flat())
    }
    return [...merged, ...own]
  }

  return construct(document.contents as Node | null)
}

const prefix = 'tag:yaml.org,2002:'

const isMerge = (key: unknown): boolean =>
  isScalar(key) && key.type === 'PLAIN' && key.value === '<<' && key.tag === undefined

/** A key that two of them have with another value. */
function contradiction(pairs: readonly Pair[]): string | undefined {
  const seen = new Map<string, string>()
  for (const { key, value } of pairs) {
    const name = String(key)
    if (seen.has(name) && seen.get(name) !== String(value)) return name
    seen.set(name, String(value))
  }
  return undefined
}

function untagged(node: Node, kind: 'map' | 'seq'): true {
  const { tag } = node as { tag?: string }
  // The library names the kind itself where nothing is written.
  if (tag === undefined || tag === prefix + kind) return true
  throw new Error('a tag of a list or a map is not understood')
}

function scalar({ value, tag, type }: Scalar): Py {
  const text = value === null ? '' : String(value)
  if (tag === undefined || tag === '' || tag === '!') return type === 'PLAIN' ? implicit(text) : text
  const read = tag.startsWith(prefix) ? explicit[tag.slice(prefix.length)]?.(text) : undefined
  // Not the tag: it may be a password that begins with !.
  if (read === undefined) throw new Error('a tag is not understood here; quote it if it is text')
  return read
}

const explicit: Readonly<Record<string, (text: string) => Py | undefined>> = {
  str: (text) => text,
  null: () => null,
  bool: (text) => truth(text.toLowerCase()),
  int: (text) => (INT.test(text) ? int(text) : undefined),
  float: (text) => (FLOAT.test(text) || INT.test(text) ? float(text) : undefined)
}

// As in PyYAML's resolver.py, and in its order.
const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const INT =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const NULL = /^(?:~|null|Null|NULL|)$/
const MOMENT =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$/

function implicit(text: string): Py {
  if (BOOL.test(text)) return truth(text.toLowerCase())!
  if (FLOAT.test(text)) return float(text)
  if (INT.test(text)) return int(text)
  if (NULL.test(text)) return null
  if (MOMENT.test(text)) return { moment: text }
  if (text === '=' || text === '<<') throw new Error(`a plain ${text} is not understood here: quote it`)
  return text
}

function truth(word: string): boolean | undefined {
  if (['yes', 'true', 'on'].includes(word)) return true
  return ['no', 'false', 'off'].includes(word) ? false : undefined
}

function int(text: string): bigint {
  const plain = text.replaceAll('_', '')
  const sign = plain.startsWith('-') ? -1n : 1n
  const digits = plain.replace(/^[-+]/, '')
  if (digits === '0' || digits === '') return 0n
  if (digits === '0b' || digits === '0x') throw new Error('a number has no digits: quote it')
  if (/^0[bx]/.test(digits)) return sign * BigInt(digits)
  if (digits.startsWith('0')) return sign * BigInt(`0o${digits.slice(1)}`)
  // Base 60: 1:30 is 90.
  return sign * digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)
}

function float(text: string): number {
  const plain = text.replaceAll('_', '').toLowerCase()
  const sign = plain.startsWith('-') ? -1 : 1
  const digits = plain.replace(/^[-+]/, '')
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY
  if (digits === '.nan') return Number.NaN
  return sign * digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** A document of `json.load`: numbers keep all their digits here as well. */
export function parsePythonJson(text: string): Py {
  const numbered = (_: string, value: unknown, { source }: { source?: string } = {}): unknown => {
    if (typeof value === 'number') return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? new Map(Object.entries(value)) : value
  }
  // The third argument of a reviver is in Node, and not yet in TypeScript's types.
  return JSON.parse(text, numbered as (key: string, value: unknown) => unknown) as Py
}

/** What is written in TypeScript, as Python would have it. */
export function toPython(value: unknown): Py {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  if (Array.isArray(value)) return value.map(toPython)
  if (typeof value !== 'object' || value === null) return (value ?? null) as Py
  const written = Object.entries(value).filter(([, one]) => one !== undefined)
  return new Map(written.map(([key, one]) => [key, toPython(one)]))
}

/** Python's `str()` of a float: 1e16 is `1e+16`, a whole one ends in `.0`. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16)
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  const plain = String(value)
  if (/e/.test(plain)) return value.toFixed(20).replace(/0+$/, '')
  return plain.includes('.') ? plain : `${plain}.0`
}
