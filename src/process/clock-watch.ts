import type { Check } from '../base/check.ts'
import type { Log } from '../base/log.ts'
import { aheadMs } from '../core/clock.ts'
import type { OtherClock } from './tools.ts'

/** Whether this machine's time can be relied on: after a jump only once a second clock or a person says so. */
export interface ClockWatch {
  /** Why it cannot, and how to go on; null: it can. */
  doubt(): string | null
  /** The time as far as it is believed, ms since the epoch: after a jump, as it would be without. */
  trusted(): number
  check(): Check
  /** Compares once more; every second is right. */
  look(): Promise<void>
}

interface Options {
  /** ms since the epoch; may be set by anybody. */
  readonly now: () => number
  /** ms; nobody sets it. */
  readonly steady: () => number
  /** When the product last ran, by a clock that was believed; null: not known. */
  readonly lastAt: number | null
  /** Other clocks, of those that answer now. */
  readonly others: () => Promise<readonly OtherClock[]>
  /** When a person last said that the time is right; null: nobody did. */
  readonly accepted: () => Promise<number | null>
  /** The clock was put back. */
  readonly wentBack: () => Promise<void>
  /** It is believed again. */
  readonly settled: () => Promise<void>
  readonly log: Log
}

/** A product that was off for longer has others confirm the time first. */
const longOffMs = 86_400_000
const askEveryMs = 15_000
/** Other clocks tell whole seconds, and answers take their time. */
const agreesMs = 2 * aheadMs

/** Starts watching this machine's clock against a steady one, and after a jump against other machines' clocks. */
export function watchClock({ now, steady, lastAt, others, accepted, wentBack, settled, log }: Options): ClockWatch {
  const begin = now()
  // What is believed: this time, at that reading of the steady clock.
  let base = { at: begin, steady: steady() }
  let jump: string | null = null
  let said = ''
  let askedAt = Number.NEGATIVE_INFINITY
  let word: number | null | undefined
  let backPending = false
  const trusted = () => base.at + steady() - base.steady
  if (lastAt !== null && begin < lastAt - aheadMs) jumped(lastAt, 'the product last ran at')
  else if (lastAt !== null && begin > lastAt + longOffMs) jumped(lastAt, 'the product last ran at')

  function jumped(from: number, what: string): void {
    const at = now()
    base = { at: from, steady: steady() }
    backPending ||= at < from
    jump = `this machine's clock says ${iso(at)}, and ${what} ${iso(from)}`
    askedAt = Number.NEGATIVE_INFINITY
    log.error(
      `${jump}: nothing is pruned, and neither deletes nor approved plans are carried out, until a second clock or a person agrees`
    )
  }

  async function believe(why: string): Promise<void> {
    base = { at: now(), steady: steady() }
    jump = null
    said = ''
    log.warn(`the clock is believed again: ${why}`)
    await settled()
  }

  async function look(): Promise<void> {
    const off = now() - trusted()
    if (jump === null) {
      if (Math.abs(off) <= aheadMs) base = { at: now(), steady: steady() }
      else jumped(trusted(), 'by the time that has passed it should be')
    } else if (Math.abs(off) <= aheadMs) {
      // What was written meanwhile may be of a time that has not come.
      backPending = true
      await wentBackOnce()
      return believe('it shows again what it should')
    }
    await wentBackOnce()
    const newest = await accepted()
    if (word === undefined) word = newest
    if (jump === null) {
      word = newest
      return
    }
    if (newest !== null && newest !== word) {
      word = newest
      return believe('a person says that it is right')
    }
    if (steady() - askedAt < askEveryMs) return
    askedAt = steady()
    const answers = await others()
    const wrong = answers.filter((one) => Math.abs(one.aheadMs) > agreesMs)
    said =
      answers.length === 0
        ? 'no other clock answers'
        : wrong.map((one) => `${one.who} says ${iso(now() + one.aheadMs)}`).join(', ')
    if (answers.length > 0 && wrong.length === 0) await believe(`${answers.map(({ who }) => who).join(', ')} agrees`)
  }

  async function wentBackOnce(): Promise<void> {
    if (!backPending) return
    await wentBack()
    backPending = false
  }

  const doubt = () =>
    jump === null
      ? null
      : `${jump}${said === '' ? '' : `, and ${said}`}: set it right, or say \`reflex accept clock\` where it is right`
  let turn: Promise<void> | null = null
  return {
    doubt,
    trusted,
    check: () => {
      const why = doubt()
      return why === null
        ? { name: 'clock', level: 'ok', detail: 'nothing speaks against it' }
        : {
            name: 'clock',
            level: 'warning',
            detail: `${why}; until then nothing is pruned, and neither deletes nor approved plans are carried out`
          }
    },
    look() {
      turn ??= look().finally(() => (turn = null))
      return turn
    }
  }
}

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
