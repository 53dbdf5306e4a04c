import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Target } from './target.ts'

const folderOf = ({ name }: Target): URL => new URL(`./corpus/${name}/`, import.meta.url)

/** What broke a target once, by the name of its file. */
export function corpusOf(target: Target): readonly { readonly file: string; readonly input: unknown }[] {
  const folder = folderOf(target)
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((file) => ({
    file,
    input: JSON.parse(readFileSync(new URL(file, folder), 'utf8')).input
  }))
}

/** Keeps what broke a target, so that every `npm test` tries it again; says where. */
export function keep(target: Target, found: { readonly input: unknown; readonly reason: string }): string {
  const folder = folderOf(target)
  mkdirSync(folder, { recursive: true })
  const text = `${JSON.stringify(found, null, 2)}\n`
  const file = new URL(`${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`, folder)
  writeFileSync(file, text)
  return file.pathname
}
