import { withoutEnd } from './without-end.ts'

/** What an event wants to see running: a commit of a project, or why there is none to compare with. */
export type AskedCommit = { readonly sha: string; readonly project: string } | { readonly none: string }

const SHORTEST = 7

/** Tells whether a revision, a tag or a version names this commit, whole or by its first characters. */
export function namesCommit(text: string, sha: string): boolean {
  return text.split(/[^0-9a-zA-Z]+/).some((part) => part.length >= SHORTEST && sha.startsWith(part.toLowerCase()))
}

/**
 * Tells whether an image is of the commit that was asked for. `another` only where its repository is the project's own and its tag is
 * nothing but a commit; most tags do not tell.
 */
export function commitOfImage(image: string, asked: { sha: string; project: string }): 'same' | 'another' | 'unknown' {
  const [path = '', tag = ''] = splitImage(image)
  if (namesCommit(tag, asked.sha)) return 'same'
  const own = `/${path}/`.toLowerCase().includes(`/${asked.project.toLowerCase()}/`)
  return own && /^(sha-)?(?=.*[0-9])(?=.*[a-f])[0-9a-f]{7,64}$/.test(tag) ? 'another' : 'unknown'
}

function splitImage(image: string): readonly string[] {
  const [named = ''] = image.split('@')
  const colon = named.lastIndexOf(':')
  return colon > named.lastIndexOf('/') ? [named.slice(0, colon), named.slice(colon + 1)] : [named]
}

/** Shortens a commit as people name it. */
export const shortCommit = (sha: string): string => sha.slice(0, 8)

/**
 * Parses the project out of a repository's URL: `apps/erpnext` of `https://git.example.org/apps/erpnext.git` or
 * `git@git.example.org:apps/erpnext`; null: no repository.
 */
export function projectOfUrl(url: string): string | null {
  const [, path] = /^(?:[a-z+]+:\/\/[^/]+\/|[^/:@]+@[^/:]+:)(.+)$/i.exec(url) ?? []
  return path === undefined ? null : withoutEnd(path.replace(/^\/+/, ''), '/').replace(/\.git$/, '')
}
