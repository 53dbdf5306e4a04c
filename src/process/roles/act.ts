import type { StartRole } from '../role.ts'
import { startStage } from './stage.ts'

/** Starts role act: due steps are claimed under the guard, carried out and recorded. */
export const startAct: StartRole = async (parts) => startStage('act', parts)
