import { type DoctorCheck, type Finding, failure, ok, warning } from './finding.ts'

interface Ready {
  readonly checks?: readonly { readonly name: string; readonly level: string; readonly detail: string }[]
}

/** What a running product says of itself: only it knows whether its queue is bound, what is parked, whom it leaves alone. */
export const product: DoctorCheck = {
  name: 'product',
  async examine({ config, productUrl, timeoutMs }): Promise<readonly Finding[]> {
    if (config === null) return []
    let ready: Ready
    try {
      const answer = await fetch(new URL('/readyz', productUrl), {
        signal: AbortSignal.timeout(Math.round(timeoutMs / 2))
      })
      ready = (await answer.json()) as Ready
      if (!Array.isArray(ready.checks)) throw new Error('no checks')
    } catch {
      return [
        ok(`product at ${productUrl}`, 'does not answer: whether its queue is bound to the exchanges is not known')
      ]
    }
    return (ready.checks ?? []).map(({ name, level, detail }) => {
      const about = `running product: ${name}`
      const remedy = 'docs/operations.md, "What to do when", has a line for it'
      if (level === 'failure') return failure(about, detail, remedy)
      return level === 'warning' ? warning(about, detail, remedy) : ok(about, detail)
    })
  }
}
