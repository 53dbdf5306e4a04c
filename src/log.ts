import { Writable } from 'node:stream'
import { type DestinationStream, type Logger, pino } from 'pino'
import { plain } from './plain.ts'

/** Nothing that is a secret by its name is ever written, wherever it hangs in an entry. */
const SECRETS = ['url', 'password', 'token', 'secret', 'authorization', 'credential', 'userData', 'adminPass']
const redact = {
  paths: SECRETS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
  censor: '(hidden)'
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL'
}
const NOT_SHOWN = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'reqId'])

const shown = (value: unknown): string => {
  if (typeof value === 'string') return /^[\w.:/@-]+$/.test(value) ? value : JSON.stringify(value)
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  return JSON.stringify(value)
}

/** One JSON entry as one line for people: `12:00:01 info  sentence  key=value`. */
export function readable(line: string): string {
  const entry = JSON.parse(line) as { level: number; time: string; msg?: string } & Record<string, unknown>
  const fields = Object.entries(entry).filter(([key]) => !NOT_SHOWN.has(key))
  const rest = fields.map(([key, value]) => `${key}=${shown(value)}`).join(' ')
  const level = (LEVELS[entry.level] ?? String(entry.level)).padEnd(5)
  return `${plain(`${entry.time.slice(11, 19)} ${level} ${entry.msg ?? ''}${rest === '' ? '' : `  ${rest}`}`)}\n`
}

function terminal(out: NodeJS.WritableStream): DestinationStream {
  return new Writable({
    write(chunk, _encoding, done) {
      out.write(readable(String(chunk)))
      done()
    }
  })
}

export type Log = Logger

/** Entries to stdout: JSON, one each line; in a terminal the same as a readable line. */
export function createLog(options: { level: string; out?: NodeJS.WritableStream & { isTTY?: boolean } }): Log {
  const { level, out = process.stdout } = options
  const destination = out.isTTY === true ? terminal(out) : out === process.stdout ? pino.destination(1) : out
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact }, destination as DestinationStream)
}
