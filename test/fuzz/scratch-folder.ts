import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is made when it is first asked for, and anew after it was removed. */
export function scratchFolder() {
  let made: string | undefined
  return {
    path(): string {
      made ??= mkdtempSync(join(tmpdir(), 'reflex-fuzz-'))
      return made
    },
    remove(): void {
      if (made !== undefined) rmSync(made, { recursive: true, force: true })
      made = undefined
    }
  }
}
