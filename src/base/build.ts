import { readFileSync } from 'node:fs'
import { rootFolder } from './place.ts'

/** Id of this build, as every decision records it. */
export function buildId({ REFLEX_BUILD }: Readonly<Record<string, string | undefined>>): string {
  if (REFLEX_BUILD !== undefined && REFLEX_BUILD !== '') return REFLEX_BUILD
  const { version } = JSON.parse(readFileSync(new URL('package.json', rootFolder()), 'utf8')) as {
    version: string
  }
  return `${version}-dev`
}
