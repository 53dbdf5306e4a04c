import { existsSync } from 'node:fs'

/** Where the project's own files are: the nearest folder above this module that has a package.json, in the sources and in the bundle alike. */
export function rootFolder(): URL {
  let folder = new URL('./', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) {
    const above = new URL('../', folder)
    if (above.href === folder.href) throw new Error(`no package.json above ${import.meta.url}`)
    folder = above
  }
  return folder
}

/** The module of this path below src/, without its ending, as a thread or a process is started with it. */
export const entryModule = (path: string): URL =>
  new URL(`src/${path}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, rootFolder())
