import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join } from 'node:path'
import { cleanText } from '../../base/error-text.ts'
import type { ExecPlugin } from './exec-settings.ts'

const MAX_OUTPUT = 1024 * 1024

/** A plug-in gave nothing that one can sign in with; the sentence says why. */
export class PluginFailed extends Error {
  override readonly name = 'PluginFailed'
  constructor(message: string) {
    super(cleanText(message))
  }
}

/**
 * Runs a plug-in and gives what it writes. It has no terminal and no input, and when the signal says so it is killed with all that it
 * has started: they are a process group of their own.
 */
export async function runPlugin(
  { command, args, env, installHint }: ExecPlugin,
  environment: Readonly<Record<string, string>>,
  info: string,
  signal: AbortSignal
): Promise<string> {
  signal.throwIfAborted()
  const name = basename(command)
  const path = findProgram(command, environment.PATH ?? '')
  if (path === null)
    throw new PluginFailed(
      `the credential plug-in ${command} is not found, or may not be run${installHint === '' ? '' : `; its kubeconfig says: ${installHint}`}`
    )
  const own = Object.fromEntries(env.map((one) => [one.name, one.value]))
  const child = spawn(path, args, {
    argv0: command,
    env: { ...environment, ...own, KUBERNETES_EXEC_INFO: info },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true
  })
  const killAll = () => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // They are gone.
    }
  }
  let out = ''
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
    if (out.length > MAX_OUTPUT) killAll()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-2000)))
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp)
  child.on('error', (error: NodeJS.ErrnoException) =>
    reject(new PluginFailed(`the credential plug-in ${name} cannot be run: ${error.code ?? error.message}`))
  )
  // What it leaves running would keep its output open, and pile up.
  child.on('exit', killAll)
  child.on('close', (code, killed) => {
    if (out.length > MAX_OUTPUT) reject(new PluginFailed(`the credential plug-in ${name} writes without end`))
    else if (code === 0) resolve(out)
    else
      reject(
        new PluginFailed(
          `the credential plug-in ${name} ended with ${code === null ? killed : `exit code ${code}`}${lastLine(said)}`
        )
      )
  })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', giveUp)
    killAll()
    child.stdout.destroy()
    child.stderr.destroy()
    child.unref()
  }
}

/** As Go looks for it: a path as it is, a name on our own PATH, never in the current folder. */
function findProgram(command: string, path: string): string | null {
  if (command.includes('/')) return isProgram(command) ? command : null
  const folders = path.split(delimiter).filter(isAbsolute)
  return folders.map((folder) => join(folder, command)).find(isProgram) ?? null
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** What it complained of, without anything long enough to be a token. */
function lastLine(said: string): string {
  const line =
    said
      .trim()
      .split('\n')
      .at(-1)
      ?.replaceAll(/\p{C}/gu, '')
      .replaceAll(/[\w.+=-]{30,}/g, '…') ?? ''
  return line === '' ? '' : `: ${line.slice(0, 200)}`
}
