import type { Word } from '../../core/word.ts'

/** The wish to restart a service. */
export interface RestartWish {
  readonly word: 'restart'
  readonly service: string
  /** null: wherever the service is placed. */
  readonly cluster: string | null
}

/** The word `restart`: a restart of a service, which the policy decides about. */
export const restartWord: Word<'restart', RestartWish> = {
  name: 'restart',
  usage: 'restart <service> [[on] <cluster>]',
  summary: 'asks for a restart; the policies decide',
  parse([service = '', ...more]) {
    if (service === '') return { problem: 'which service?' }
    const [cluster = null, ...others] = more[0] === 'on' ? more.slice(1) : more
    return others.length > 0 || cluster === '' || (more[0] === 'on' && cluster === null)
      ? { problem: 'one service at a time, on one cluster' }
      : // Names of services have no capitals.
        { word: 'restart', service: service.toLowerCase(), cluster }
  }
}
