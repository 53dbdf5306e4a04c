import { isUtf8 } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { Webhook } from 'standardwebhooks'
import type { Test } from 'tap'
import { createLog } from '../../src/base/log.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import type { GitlabSecret } from '../../src/config/gitlab-secret.ts'
import { guardRoutes } from '../../src/handlers/access.ts'
import { type WebhookParts, webhookRoutes } from '../../src/handlers/webhook.ts'
import type { Batch } from '../../src/handlers/webhook-sender.ts'
import { type GitlabParts, gitlab } from '../../src/handlers/webhooks/gitlab.ts'
import type { Journal } from '../../src/store/journal.ts'
import { openJournal } from '../../src/store/open.ts'

export const signing = (letter: string): GitlabSecret => ({
  kind: 'signing',
  value: `whsec_${Buffer.alloc(32, letter).toString('base64')}`
})
export const token: GitlabSecret = { kind: 'token', value: 'a-secret-token-of-gitlab' }
export const start = Date.parse('2026-11-02T13:00:00Z')

export const fixture = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../fixtures/gitlab', `${name}.json`))

/** The route on a journal of its own, guarded as in the product. */
export async function door(
  t: Test,
  secrets: readonly GitlabSecret[],
  more: Partial<GitlabParts> &
    Partial<Omit<WebhookParts, 'receive'>> & { maxBytes?: number; receive?: (batch: Batch) => Promise<void> } = {}
) {
  const path = join(mkdtempSync(join(tmpdir(), 'reflex-gitlab-')), 'j.db')
  const journal = await openJournal({ path, ...(more.maxBytes ? { maxBytes: more.maxBytes } : {}) })
  const app = Fastify()
  const metrics = createMetrics()
  guardRoutes(app, () => [])
  const { receive = received(journal) } = more
  webhookRoutes(app, {
    senders: [gitlab({ secrets: () => secrets, ...more })],
    log: createLog({ level: 'silent' }),
    metrics,
    now: () => start,
    // Bits are changed by the hundred, from one address.
    refusedAMinute: 100_000,
    ...more,
    receive: async (_sender, batch) => {
      await receive(batch)
      return { appended: batch.events.length }
    }
  })
  t.teardown(async () => {
    await app.close()
    await journal.close()
  })
  const post = async (body: Buffer | string, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/webhooks/gitlab',
      payload: body,
      headers: { 'content-type': 'application/json', ...headers }
    })
  return { app, journal, metrics, post, path, count: async () => (await journal.counts()).events }
}

export const received =
  (journal: Journal) =>
  async ({ events, ignored }: Batch): Promise<void> => {
    await journal.append({ events: events.map((event) => ({ event, lanes: [], note: null })), ignored })
  }

/** Headers of a signed delivery; the signature is that of the library of Standard Webhooks, where it can sign the bytes in little time. */
export function signedHeaders(
  body: Buffer,
  secret: GitlabSecret,
  { id = 'd-1', at = start }: { id?: string; at?: number } = {}
): Record<string, string> {
  return {
    'idempotency-key': id,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature':
      isUtf8(body) && body.length < 1_000_000 ? new Webhook(secret.value).sign(id, new Date(at), body) : overBytes()
  }

  function overBytes(): string {
    const hmac = createHmac('sha256', Buffer.from(secret.value.slice('whsec_'.length), 'base64'))
    return `v1,${hmac
      .update(`${id}.${Math.floor(at / 1000)}.`)
      .update(body)
      .digest('base64')}`
  }
}

export const tokenHeaders = (id = 'd-1'): Record<string, string> => ({
  'x-gitlab-token': token.value,
  'idempotency-key': id,
  'webhook-id': id,
  'webhook-timestamp': '1'
})
