import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { parseTransportUrl } from '../core/transport-url.ts'
import type { Path } from './document.ts'
import type { Mistake } from './problems.ts'
import type { WrittenConfig } from './schema.ts'
import { resolveSecret, type SecretSources } from './values.ts'

type Broker = Partial<WrittenConfig['notifications'][number]> | null | undefined

const files = ['cacert', 'cert', 'key'] as const

/** Whether the URL of a broker can be used as it is written, and its certificates with it. */
export function brokerChecks(
  broker: Broker,
  i: number,
  sources: SecretSources,
  valid: (path: Path) => boolean
): readonly Mistake[] {
  const at = (key: string): Path => ['notifications', i, key]
  const wrong = (path: Path, value: unknown, message: string, allowed: string | null): Mistake => {
    return { path, part: 'value', value, message, allowed }
  }
  if (!broker?.url || !valid(at('url'))) return []
  const secret = resolveSecret(broker.url, sources)
  if (!secret.ok) return [wrong([...at('url'), secret.at], undefined, secret.message, null)]
  const transport = parseTransportUrl(secret.value)
  if (typeof transport === 'string')
    return [
      wrong(
        at('url'),
        secret.value,
        `cannot be used: ${transport}`,
        'amqp://user:password@host:5672/vhost, or a transport_url of oslo.messaging with one host or several'
      )
    ]
  const own = files.filter((key) => valid(at(key)) && broker[key] !== undefined)
  if (own.length > 0 && !transport.tls)
    return own.map((key) =>
      wrong(at(key), broker[key], 'is never used: the URL is without TLS', 'it with amqps://, or with ssl=1')
    )
  const named = Object.fromEntries(
    files.map((key) => [key, (valid(at(key)) ? broker[key] : undefined) ?? transport[key]])
  )
  const missing = named.cert === undefined ? 'cert' : 'key'
  if ((named.cert === undefined) !== (named.key === undefined))
    return [
      wrong(
        at(missing),
        undefined,
        `is missing: there is a ${missing === 'cert' ? 'key' : 'cert'}`,
        'both of them, or none'
      )
    ]
  const texts: Record<string, string> = {}
  for (const [key, path] of Object.entries(named)) {
    if (path === undefined) continue
    const text = resolveSecret({ file: path }, sources)
    if (!text.ok)
      return [
        wrong(at(broker[key as 'key'] === undefined ? 'url' : key), path, `${key}: ${text.message}`, 'a PEM file')
      ]
    texts[key] = text.value
  }
  try {
    // A context takes a text without any certificate for no certificates.
    if (texts.cacert !== undefined) new X509Certificate(texts.cacert)
    createSecureContext({
      ...(texts.cacert !== undefined && { ca: texts.cacert }),
      ...(texts.cert !== undefined && { cert: texts.cert, key: texts.key! })
    })
    return []
  } catch {
    const key = own[0] ?? 'url'
    const message = 'cannot be used for TLS: no PEM, a key that is encrypted, or one of another certificate'
    return [wrong(at(key), broker[key], message, 'certificates and a plain key in PEM that belong together')]
  }
}
