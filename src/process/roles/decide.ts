import type { StartRole } from '../role.ts'
import { startStage } from './stage.ts'

/** Starts role decide: due lanes are decided on freshly read state. */
export const startDecide: StartRole = async (parts) => {
  // The configuration may be another one by now: whatever the guard held up is decided again.
  await parts.journal.releaseHeld('all')
  return startStage('decide', parts)
}
