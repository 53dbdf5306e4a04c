import { Writable } from 'node:stream'
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { cleanText, errorText, withoutSecrets } from './error-text.ts'
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
export function logLine(line: string): string {
  const entry = JSON.parse(line) as { level: number; time: string; msg?: string } & Record<string, unknown>
  const fields = Object.entries(entry).filter(([key]) => !NOT_SHOWN.has(key))
  const rest = fields.map(([key, value]) => `${key}=${shown(value)}`).join(' ')
  const level = (LEVELS[entry.level] ?? String(entry.level)).padEnd(5)
  return `${plain(`${entry.time.slice(11, 19)} ${level} ${entry.msg ?? ''}${rest === '' ? '' : `  ${rest}`}`)}\n`
}

function terminal(out: NodeJS.WritableStream): DestinationStream {
  return new Writable({
    write(chunk, _encoding, done) {
      out.write(logLine(String(chunk)))
      done()
    }
  })
}

/** An error with what caused it; services put whole pages and tokens into theirs. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return cleanText(String(error))
  const { name: type, stack, cause } = error
  const code = (error as NodeJS.ErrnoException).code
  // The first lines of a stack repeat the message.
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type,
    message: errorText(error, MOST_SAID),
    ...(typeof code === 'string' && { code: cleanText(code, 100) }),
    ...(frames !== undefined && { stack: frames.slice(0, 20).join('\n').slice(0, 4000) }),
    ...(cause instanceof Error && { cause: errorText(cause) })
  }
}

const MOST_SAID = 2000
/** Sentences are ours and may have lines; what they quote is cleaned where it was made, and once more of secrets here. */
const hooks: NonNullable<LoggerOptions['hooks']> = {
  logMethod(args, method) {
    const clean = args.map((arg: unknown) => (typeof arg === 'string' ? withoutSecrets(arg) : arg))
    method.apply(this, clean as Parameters<typeof method>)
  }
}

/** The logger of a process: pino. */
export type Log = Logger

/** Entries to stdout: JSON, one each line; in a terminal the same as a readable line. */
export function createLog(options: { level: string; out?: NodeJS.WritableStream & { isTTY?: boolean } }): Log {
  const { level, out = process.stdout } = options
  const destination = out.isTTY === true ? terminal(out) : out === process.stdout ? pino.destination(1) : out
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact, serializers: { err: errorFields }, hooks },
    destination as DestinationStream
  )
}
