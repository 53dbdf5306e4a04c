import type { Environment } from './config/config.ts'
import { StartError } from './process/configure.ts'
import { open, type Running } from './process/open.ts'

/** Starts the roles that the environment names: opens in order, closes in reverse. */
export async function start(env: Environment, cwd: string, announce: (line: string) => void): Promise<Running> {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    return { ...(await open(env, cwd, announce, closers)), close }
  } catch (error) {
    await close()
    throw error
  }
}

if (import.meta.main) {
  // Whatever else is written, a crash's report too.
  process.umask(0o077)
  const announce = (line: string) => process.stderr.write(`${line}\n`)
  let running: Running | undefined
  let closing = false
  const stop = async (signal: string) => {
    if (closing) process.exit(1)
    closing = true
    announce(`${signal}: finishing what is under way (again to stop at once)`)
    await running?.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => void running?.reload())
  try {
    running = await start(process.env, process.cwd(), announce)
  } catch (error) {
    const expected = error instanceof StartError || (error as { code?: string }).code !== undefined
    announce(expected ? (error as Error).message : `cannot start: ${(error as Error).stack}`)
    process.exit(1)
  }
}
