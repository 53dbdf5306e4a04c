import { readTooLong } from '../../core/read-error.ts'
import type { Reading } from '../../store/journal.ts'

/** One answer may take many questions to the journal: so long for all of them together. */
const WITHIN_MS = 5000

/** Bounds the time in which one answer reads the journal; when it is over nothing more is asked. */
export function bounded<Journal extends Reading>(journal: Journal, withinMs = WITHIN_MS): Journal {
  const until = performance.now() + withinMs
  return new Proxy(journal, {
    get(target, name, receiver) {
      if (performance.now() > until) throw readTooLong(withinMs)
      return Reflect.get(target, name, receiver)
    }
  })
}
