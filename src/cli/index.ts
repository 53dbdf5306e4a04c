import { acceptCommand } from './accept.ts'
import { adoptCommand } from './adopt.ts'
import { approvalsCommand } from './approvals.ts'
import { checkCommand } from './check.ts'
import type { Command } from './command.ts'
import { dnsCommand } from './dns.ts'
import { doctorCommand } from './doctor.ts'
import { explainCommand } from './explain.ts'
import { findingsCommand } from './findings.ts'
import { helpOf } from './help.ts'
import { isolationCommand } from './isolation.ts'
import { parkedCommand, unparkCommand } from './parked.ts'
import { quotaCommand } from './quota.ts'
import { replayCommand } from './replay.ts'
import { restartCommand } from './restart.ts'
import { statusCommand } from './status.ts'
import { resumeCommand, stopCommand } from './stop.ts'
import { undoCommand } from './undo.ts'
import { approveCommand, rejectCommand } from './vote.ts'

const others: readonly Command[] = [
  statusCommand,
  explainCommand,
  dnsCommand,
  approvalsCommand,
  approveCommand,
  rejectCommand,
  stopCommand,
  resumeCommand,
  undoCommand,
  restartCommand,
  quotaCommand,
  isolationCommand,
  findingsCommand,
  parkedCommand,
  unparkCommand,
  replayCommand,
  adoptCommand,
  acceptCommand,
  checkCommand,
  doctorCommand
]

/** `reflex help`, of all other commands. */
export const helpCommand = helpOf(others)

/** Every command there is, in the order of `reflex help`. */
export const commands: readonly Command[] = [...others, helpCommand]
