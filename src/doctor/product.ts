import { journalHolder } from '../store/open.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'
import { installIdOf } from './journal-file.ts'
import type { CheckTarget } from './target.ts'

interface Ready {
  readonly checks?: readonly { readonly name: string; readonly level: string; readonly detail: string }[]
}

/**
 * Whether one runs at all, and what it says of itself: only it knows whether its queue is bound, what is parked, whom it
 * leaves alone.
 */
export const product: DoctorCheck = {
  name: 'product',
  async examine(target): Promise<readonly DoctorFinding[]> {
    const { journalPath: path } = target
    const holder = journalHolder(path)
    const runs =
      holder === null
        ? ok('here', `no product runs on ${path}: nothing is decided or done by one of this folder`)
        : ok('here', `a product runs on ${path} (pid ${holder.pid ?? 'unknown'})`)
    return [runs, ...(await answering(target, holder !== null))]
  }
}

async function answering(target: CheckTarget, runs: boolean): Promise<readonly DoctorFinding[]> {
  const { productUrl, productNamed, timeoutMs, journalPath } = target
  const about = `product at ${productUrl}`
  let answer: Response
  let ready: Ready | null
  try {
    const signal = AbortSignal.timeout(Math.round(timeoutMs / 2))
    answer = await fetch(new URL('/readyz', productUrl), { redirect: 'error', signal })
    ready = (await answer.json().catch(() => null)) as Ready | null
  } catch {
    const found = 'does not answer: whether its queue is bound to the exchanges is not known'
    if (productNamed) return [failing(about, found, 'correct REFLEX_URL, or unset it to look at this machine alone')]
    const remedy = 'set REFLEX_URL to where it listens (it said so when it started)'
    return [runs ? warning(about, found, remedy) : ok(about, found)]
  }
  const installation = answer.headers.get('x-stackreflex')
  if (installation === null || !Array.isArray(ready?.checks)) {
    const found = 'is no Stackreflex: something else answers there'
    if (productNamed || runs) return [failing(about, found, 'set REFLEX_URL to where the product listens')]
    return [
      warning(about, found, 'stop that program, or choose another http.port (PORT): a product cannot listen there')
    ]
  }
  return [await whichInstallation(about, installation, journalPath), ...ready.checks.map(ofItself)]
}

/** Somebody may look at one and mend another. */
async function whichInstallation(about: string, installation: string, journalPath: string): Promise<DoctorFinding> {
  const here = await installIdOf(journalPath)
  if (here === null || installation === 'unknown' || installation === here)
    return ok(
      about,
      installation === 'unknown' ? 'does not say which installation it is' : `installation ${installation}`
    )
  return warning(
    about,
    `is installation ${installation}, and the journal here (${journalPath}) is of installation ${here}`,
    'these are two: set REFLEX_URL to the one that you mean, or go to its folder'
  )
}

interface Said {
  readonly name: string
  readonly level: string
  readonly detail: string
}

function ofItself({ name, level, detail }: Said): DoctorFinding {
  const about = `running product: ${name}`
  const remedy = 'docs/operations.md, "What to do when", has a line for it'
  if (level === 'failure') return failing(about, detail, remedy)
  return level === 'warning' ? warning(about, detail, remedy) : ok(about, detail)
}
