import { readFileSync } from 'node:fs'

/** Processor seconds of this process until now, with those of the processes that it started and that have ended. */
export function processorSeconds(): number {
  try {
    const [, numbers = ''] = readFileSync('/proc/self/stat', 'utf8').split(') ')
    // utime, stime, cutime and cstime of proc(5), in hundredths of a second.
    return (
      numbers
        .split(' ')
        .slice(11, 15)
        .reduce((sum, one) => sum + Number(one), 0) / 100
    )
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
}
