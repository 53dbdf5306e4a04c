import type { Word } from '../../core/word.ts'

/** The wish to see what is held for a name. */
export interface DnsWish {
  readonly word: 'dns'
  readonly about: string
}

/** The word `dns`: the records of a name. */
export const dnsWord: Word<'dns', DnsWish> = {
  name: 'dns',
  usage: 'dns <name>',
  summary: 'the records of a name, then what happened to it',
  parse: ([about = '', ...rest]) =>
    about === '' ? { problem: 'about what?' } : { word: 'dns', about: [about, ...rest].join(' ').trim() }
}
