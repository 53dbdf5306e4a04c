import type { Log } from '../base/log.ts'
import type { Config, Environment } from '../config/config.ts'
import { personEvent } from '../people/people.ts'
import type { Journal } from '../store/journal.ts'
import { modesText, StartError } from './configure.ts'
import type { Known } from './known.ts'
import { type Reloader, watchConfig } from './reload.ts'

/** The configuration that is in force, with all that follows from it. */
export interface Current {
  readonly live: () => Known
  /** Takes over each new version of this file that is right as a whole. */
  watch(file: string, from: { readonly env: Environment; readonly cwd: string }): Reloader
  close(): void
}

/** What becomes of a configuration: all that follows from it, or why it cannot be taken up. */
export type Brings = (
  config: Config,
  withoutLost?: boolean
) => { readonly ok: true; readonly live: Known } | { readonly ok: false; readonly problems: readonly string[] }

interface Needs {
  readonly config: Config
  readonly bring: Brings
  readonly journal: Journal
  readonly now: () => number
  readonly log: Log
  /** The roles go on with what is in force now. */
  readonly renewed: (before: Config) => Promise<void>
  /** It was read anew, and is in force as a whole. */
  readonly reread: () => void
  /** Who is let in has changed. */
  readonly narrowed: () => void
  readonly wake: () => void
}

/** A Keystone that is slower keeps nobody from starting. */
const askedAtStartMs = 5000
/** Longer than any claim: until then, work that began under the old configuration may use its clients. */
const oldClientsMs = 90_000

/** Takes up a configuration, or refuses to start with it. */
export async function takeUp(needs: Needs): Promise<Current> {
  const { config, bring, journal, now, log, renewed, reread, narrowed, wake } = needs
  const first = bring(config)
  if (!first.ok) throw new StartError(first.problems.join('\n  '))
  let live = first.live
  const undecided = await live.undecided(askedAtStartMs)
  if (undecided.length > 0) {
    live.close()
    throw new StartError(['the clouds named in the configuration cannot be used:', ...undecided].join('\n  '))
  }

  async function replace(next: Known): Promise<void> {
    const before = live
    live = next
    setTimeout(() => before.close(), oldClientsMs).unref()
    await renewed(before.config)
  }

  /** Takes a configuration over as a whole, between two pieces of work; what is under way ends under the old one. */
  async function swap(next: Config, file: string): Promise<readonly string[]> {
    const brought = bring(next)
    if (!brought.ok) return brought.problems
    const undecided = await brought.live.undecided(askedAtStartMs)
    if (undecided.length > 0) {
      brought.live.close()
      return undecided
    }
    await replace(brought.live)
    const event = personEvent(
      { now },
      { name: 'the configuration file', groups: [], local: true },
      { did: 'reload', about: file, reason: modesText(next) }
    )
    await journal.append({ events: [{ event, lanes: [], note: 'counts from now on' }], ignored: [] })
    await journal.releaseHeld('all')
    wake()
    reread()
    return []
  }

  /** Without what was withdrawn, while the configuration as a whole is wrong. */
  async function cut(left: Config): Promise<void> {
    const brought = bring(left, true)
    if (brought.ok) await replace(brought.live)
    wake()
  }

  return {
    live: () => live,
    watch: (file, from) =>
      watchConfig(
        { ...from, file, log },
        {
          config: () => live.config,
          files: () => live.files(),
          swap: (next) => swap(next, file),
          narrow: ({ tokens, gitlab, slack }) => {
            live = { ...live, config: { ...live.config, tokens, gitlab, slack } }
            narrowed()
          },
          cut
        }
      ),
    close: () => live.close()
  }
}
