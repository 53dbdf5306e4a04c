import type { Word } from '../../core/word.ts'

/** The wish to see what policies found. */
export interface FindingsWish {
  readonly word: 'findings'
  /** null: of every policy. */
  readonly about: string | null
}

/** The word `findings`: what policies found and nobody has mended. */
export const findingsWord: Word<'findings', FindingsWish> = {
  name: 'findings',
  usage: 'findings [policy]',
  summary: 'what policies found and nobody has mended, since when',
  parse: ([about = '', ...rest]) =>
    rest.length > 0 ? { problem: 'one policy at a time' } : { word: 'findings', about: about || null }
}
