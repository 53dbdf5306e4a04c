import { errorText } from '../base/error-text.ts'
import { inTime } from '../base/in-time.ts'
import { type DoctorCheck, type DoctorFinding, failing } from './finding.ts'
import { checks } from './index.ts'
import { type CheckTarget, openTarget, type TargetOptions } from './target.ts'

/** What one check found. */
export interface Examined {
  readonly check: string
  readonly findings: readonly DoctorFinding[]
}

/**
 * Runs every check, or those of these names, side by side, each within its time; none of them changes anything, and none
 * ends the others.
 */
export async function diagnose(options: TargetOptions, only?: readonly string[]): Promise<readonly Examined[]> {
  const target = openTarget(options)
  const asked = checks.filter(({ name }) => only?.includes(name) ?? true)
  try {
    return await Promise.all(asked.map(async (check) => ({ check: check.name, findings: await within(check, target) })))
  } finally {
    target.close()
  }
}

async function within(check: DoctorCheck, target: CheckTarget): Promise<readonly DoctorFinding[]> {
  const { timeoutMs } = target
  const seconds = Math.round(timeoutMs / 1000)
  // Findings of one check may be made of what another has found wrong: it is told once, there.
  const examined = (async () => check.examine(target))().catch((error: unknown) => [
    failing(
      check.name,
      `could not be looked at: ${errorText(error).replaceAll(/amqps?:\/\/\S+/g, '(the URL)')}`,
      'mend what the lines above say first, and run this again'
    )
  ])
  return inTime(timeoutMs, examined, () => [
    failing(check.name, `not finished within ${seconds} s`, 'run this again; what hangs is often named by another line')
  ])
}
