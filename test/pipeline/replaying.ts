import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Replays a whole journal in a process of its own, by the build in `root`. */
export async function replayed(
  root: string,
  journal: string,
  ...flags: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const args = [join(root, 'src/cli/cli.ts'), 'replay', '--all', '--journal', journal, ...flags]
  const { REFLEX_URL: _, ...env } = process.env
  const child = spawn(process.execPath, args, { env })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? -1)))
  return { code, out, err }
}

/** A copy of this build in which servers that are ACTIVE get no records any more: one word of one policy is gone. */
export function changedBuild(folder: string): string {
  mkdirSync(folder, { recursive: true })
  for (const part of ['src', 'package.json']) cpSync(part, join(folder, part), { recursive: true })
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  const file = join(folder, 'src/policies/dns-records/host.ts')
  const text = readFileSync(file, 'utf8')
  const changed = text.replace("wanted: [\n    'ACTIVE',\n", 'wanted: [\n')
  if (changed === text) throw new Error(`${file} does not list ACTIVE first any more: change something else here`)
  writeFileSync(file, changed)
  return folder
}

/** A consistent copy of a journal, with all that its -wal file holds. */
export function copyOf(journal: string, to: string): string {
  const db = new DatabaseSync(journal)
  db.exec(`vacuum into '${to}'`)
  db.close()
  return to
}
