import type { Log } from '../base/log.ts'
import { makeLocalKey } from '../people/local-proof.ts'

/** Makes the key of this machine's users. Without it, changes are taken by token, or by the commands on the journal file. */
export function keyBeside(journalPath: string, log: Log): ReturnType<typeof makeLocalKey> | null {
  try {
    return makeLocalKey(journalPath)
  } catch (error) {
    const reason = (error as Error).message
    log.warn(
      { reason },
      `${journalPath}.key could not be made: where there are no tokens, nothing is changed through HTTP`
    )
    return null
  }
}
