import { readFileSync } from 'node:fs'
import type { ChannelModel } from 'amqplib'
import { connect } from 'amqplib'
import type { BrokerHost, Transport } from '../core/transport-url.ts'

/** Paths of PEM files, for amqps. */
export interface TlsFiles {
  /** Who signed the broker's certificate; left out: whom Node trusts. */
  readonly cacert?: string | undefined
  /** Ours, and its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** One connection to one host. Certificates are read each time, so that new ones come into use by themselves. */
export async function connectHost(
  { tls, vhost, heartbeat, ...named }: Transport,
  host: BrokerHost,
  { cacert = named.cacert, cert = named.cert, key = named.key }: TlsFiles,
  options: { readonly timeout: number; readonly heartbeatSeconds?: number }
): Promise<ChannelModel> {
  const beat = heartbeat ?? options.heartbeatSeconds
  const place = {
    protocol: tls ? 'amqps' : 'amqp',
    hostname: host.name,
    port: host.port,
    username: host.user,
    password: host.password,
    // amqplib decodes it once more.
    vhost: encodeURIComponent(vhost),
    ...(beat !== undefined && { heartbeat: beat })
  }
  const pem = {
    ...(cacert !== undefined && { ca: [read(cacert)] }),
    ...(cert !== undefined && { cert: read(cert) }),
    ...(key !== undefined && { key: read(key) })
  }
  return connect(place, { noDelay: true, timeout: options.timeout, ...(tls && pem) })
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`)
  }
}
