import type { Level } from './finding.ts'
import type { Examined } from './run.ts'

const words: Record<Level, string> = { ok: 'OK', warning: 'WARN', failure: 'FAIL' }

/** For a terminal: one line for each finding, its remedy below it, and a count at the end. */
export function render(examined: readonly Examined[]): string {
  const lines: string[] = []
  for (const { check, findings } of examined) {
    if (findings.length === 0) continue
    lines.push(check)
    for (const { level, about, found, remedy } of findings) {
      lines.push(`  ${words[level].padEnd(4)}  ${about}: ${found}`)
      if (remedy !== null) lines.push(`        → ${remedy}`)
    }
  }
  const count = (level: Level) =>
    examined.flatMap(({ findings }) => findings).filter((one) => one.level === level).length
  lines.push('', `${count('failure')} failed, ${count('warning')} warnings, ${count('ok')} well`)
  return `${lines.join('\n')}\n`
}
