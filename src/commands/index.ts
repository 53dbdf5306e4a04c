import { doctorCommand } from '../doctor/command.ts'
import { adoptCommand } from './adopt.ts'
import { checkCommand } from './check.ts'
import type { Command } from './command.ts'
import { explainCommand } from './explain.ts'
import { helpCommand } from './help.ts'
import { replayCommand } from './replay.ts'

/** Every command there is, in the order of `reflex help`. */
export const commands: readonly Command[] = [
  explainCommand,
  replayCommand,
  checkCommand,
  doctorCommand,
  adoptCommand,
  helpCommand
]
