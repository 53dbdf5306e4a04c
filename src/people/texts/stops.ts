import { resumeWord, stopText } from '../../core/stop-text.ts'
import type { Resumed, StopResult } from '../operations.ts'
import type { Voice } from './voice.ts'

/** Renders the result of a stop, a line each: it, then those beside it. */
export function stoppedLines({ stop: id, cluster, memory, others }: StopResult, voice: Voice): readonly string[] {
  const until = voice.command(`resume ${resumeWord({ id, cluster }, [{ cluster }, ...others])}`)
  const then =
    memory === undefined ? `nothing is changed until ${until}; decisions go on` : `nothing is changed; ${memory}`
  return [
    `${cluster ?? 'everything'} is stopped (stop ${id}): ${then}`,
    ...others.map((one) => `also stopped: ${stopText(one)}`)
  ]
}

/** Renders the result of a resume, a line each: what it lifted, then what remains in force. */
export function resumedLines({ lifted, lanes, left }: Resumed, voice: Voice): readonly string[] {
  const held =
    lanes === 0 ? 'no lane was held' : `${lanes === 1 ? '1 held lane is' : `${lanes} held lanes are`} decided again`
  const still = left.map((one) => {
    const goesOn = one.memory ?? `${voice.command(`resume ${resumeWord(one, left)}`)} goes on`
    return `still stopped: ${stopText(one)}: ${goesOn}`
  })
  return [`lifted: ${stopText(lifted)}: ${held}`, ...still]
}
