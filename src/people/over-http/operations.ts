import type { Explanation } from '../explain/chain.ts'
import type { Operations, Status } from '../operations.ts'
import type { ApiServer } from './ask.ts'

type Ready = NonNullable<Status['product']> & { readonly modes?: Status['modes'] }

/** Asks the API of a running product; the server authenticates the caller. */
export function operationsOverHttp({ ask }: Pick<ApiServer, 'ask'>): Operations {
  const explain = (about: string) => ask<Explanation>(`/api/v1/explain${query({ about })}`, 'explanation')
  const stops: Operations['stops'] = () => ask('/api/v1/stops', 'stops')
  const lanes: Operations['lanes'] = (filter) => ask(`/api/v1/lanes${query(filter)}`, 'lanes')
  const approvals: Operations['approvals'] = (filter) => ask(`/api/v1/approvals${query(filter)}`, 'approvals')
  return {
    stops,
    lanes,
    approvals,
    explain,
    async status() {
      const ready = await ask<Ready>('/readyz', 'ready')
      // One after the other: what is wrong is said once.
      const stopped = ready.ok ? await stops() : ready
      const held = stopped.ok ? await lanes({ held: true }) : stopped
      const parked = held.ok ? await lanes({ parked: true }) : held
      const open = parked.ok ? await approvals({ state: 'open' }) : parked
      if (!ready.ok) return ready
      if (!stopped.ok) return stopped
      if (!held.ok) return held
      if (!parked.ok) return parked
      if (!open.ok) return open
      return {
        ok: true,
        product: { ready: ready.ready, checks: ready.checks },
        modes: ready.modes ?? {},
        stops: stopped.items,
        held: held.items,
        parked: parked.items,
        approvals: open.items
      }
    },
    explainRange: (asked) => ask(`/api/v1/explain${query({ ...asked })}`, 'range'),
    async dns(name) {
      const answer = await explain(name)
      if (!answer.ok) return answer
      const { ok: _, ...explanation } = answer
      return { ok: true, explanation, records: null }
    },
    quota: () => ask('/api/v1/quota', 'quota'),
    isolation: (history) => ask(`/api/v1/isolation${query({ history })}`, 'isolation'),
    findings: (policy, history) =>
      ask(`/api/v1/findings${query({ history, ...(policy !== null && { policy }) })}`, 'findings'),
    vote: (id, verdict, reason) => ask(`/api/v1/approvals/${id}/${verdict}`, 'voted', { reason }),
    stop: (cluster, reason) => ask('/api/v1/stops', 'stopped', { cluster, reason }),
    resume: (which, reason) =>
      ask('/api/v1/resume', 'resumed', { ...('stop' in which ? { stop: String(which.stop) } : which), reason }),
    accept: (what, reason) => ask('/api/v1/accept', 'accepted', { what, reason }),
    undo: (action, reason) => ask(`/api/v1/actions/${encodeURIComponent(action)}/undo`, 'undone', { reason }),
    again: (decision, reason) => ask(`/api/v1/decisions/${decision}/again`, 'again', { reason }),
    unpark: (lane, reason) => ask('/api/v1/lanes/unpark', 'unparked', { lane, reason }),
    restart: (service, cluster, reason) => ask('/api/v1/restarts', 'restarted', { service, cluster, reason }),
    requestQuota: ({ cluster, resource, amount, forMs, reason, confirmed = false }) =>
      ask('/api/v1/quota/requests', 'quotaAsked', {
        ...{ cluster, resource, amount: String(amount), reason },
        for: forMs === null ? null : `${forMs}ms`,
        confirm: confirmed ? 'yes' : null
      }),
    releaseQuota: (id, reason) => ask(`/api/v1/quota/requests/${id}/release`, 'quotaAsked', { reason })
  }
}

function query(of: object): string {
  const entries = Object.entries(of).map(([name, value]): [string, string] => [name, String(value)])
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`
}
