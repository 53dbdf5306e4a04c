import type { Word } from '../../../core/word.ts'

/** The wish to see what crosses between clusters. */
export interface IsolationWish {
  readonly word: 'isolation'
  /** null: every cluster. */
  readonly about: string | null
}

/** The word `isolation`: what crosses between clusters. */
export const isolationWord: Word<'isolation', IsolationWish> = {
  name: 'isolation',
  usage: 'isolation [cluster]',
  summary: 'what crosses from cluster to cluster, since when, by whom',
  parse: ([about = '', ...rest]) =>
    rest.length > 0 ? { problem: 'one cluster at a time' } : { word: 'isolation', about: about || null }
}
