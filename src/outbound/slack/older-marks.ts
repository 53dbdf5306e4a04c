import type { Journal } from '../../store/journal.ts'
import type { OutboxEntry } from '../../store/outbox.ts'
import { referenceOf } from './reference.ts'

const prefix = 'stackreflex.slack.'

/**
 * Parses what a build before the outbox journalled of a message, in the id of an event: `slack.posted approval:7 C012AB 1700000000.0001
 * open:0`; null: it never tried.
 */
export async function olderMark(
  journal: Pick<Journal, 'events'>,
  about: string
): Promise<(Pick<OutboxEntry, 'before'> & { readonly at: number; readonly perhaps: boolean }) | null> {
  const [row] = await journal.events({ resource: about, type: `${prefix}*`, limit: 1 })
  if (row === undefined) return null
  const at = row.receivedAt
  const [, , channel, ts, shown] = row.id.split(' ')
  switch (row.type.slice(prefix.length)) {
    case 'unposted':
      return { at, perhaps: false }
    case 'told':
      return { at, perhaps: false, before: { reference: null, shown: channel ?? '' } }
    case 'posted':
      if (channel !== undefined && ts !== undefined && shown !== undefined)
        return { at, perhaps: false, before: { reference: referenceOf({ channel, ts }), shown } }
      return { at, perhaps: true, before: 'lost' }
    default:
      return { at, perhaps: true, before: 'lost' }
  }
}
