import type { Channel, ChannelModel } from 'amqplib'
import type { BrokerConfig } from '../config/config.ts'
import { amqpCode, askBroker, cut } from '../consumers/amqp.ts'
import { parseTransportUrl, showTransport, type Transport } from '../core/transport-url.ts'
import { type DoctorFinding, failing, warning } from './finding.ts'
import type { CheckTarget } from './target.ts'

/** Asks one question on a channel of its own. */
export type Ask = <T>(question: (channel: Channel) => Promise<T>) => Promise<T>

/**
 * Opens each broker that is configured, for questions on channels of their own. One that cannot be opened is a finding,
 * of the check that says so (`unreachable: 'told'`); the others pass it over.
 */
export async function atBrokers(
  { config, timeoutMs }: CheckTarget,
  unreachable: 'told' | 'passed over',
  examine: (broker: BrokerConfig, askBroker: Ask) => Promise<readonly DoctorFinding[]>
): Promise<readonly DoctorFinding[]> {
  const brokers = config?.notifications ?? []
  // A URL that is not known here is a finding of the configuration.
  const known = brokers.filter(({ url }) => url !== '')
  const found = await Promise.all(
    known.map(async (broker) => {
      const transport = parseTransportUrl(broker.url)
      // As above.
      if (typeof transport === 'string') return []
      const { connection, closed } = await open(transport, broker, timeoutMs)
      const told = unreachable === 'told' ? closed : []
      return connection === null ? told : [...told, ...(await atBroker(connection, broker, timeoutMs, examine))]
    })
  )
  return found.flat()
}

/** A connection to the first host that lets us in, and what is wrong with each that does not; of a cluster, all are tried. */
async function open(
  transport: Transport,
  broker: BrokerConfig,
  timeoutMs: number
): Promise<{ readonly connection: ChannelModel | null; readonly closed: readonly DoctorFinding[] }> {
  const { connectHost } = await import('../consumers/connecting.ts')
  const tried = await Promise.all(
    transport.hosts.map(async (host) => {
      const about = `broker ${showTransport({ ...transport, hosts: [host] })}`
      try {
        return await connectHost(transport, host, broker, { timeout: Math.round(timeoutMs * 0.8) })
      } catch (error) {
        return { about, found: reasonOf(error), remedy: remedyOf(error) }
      }
    })
  )
  const connections = tried.filter((one) => !('found' in one)) as ChannelModel[]
  const [connection = null, ...others] = connections
  for (const one of others) await one.close().catch(() => {})
  const tell = connection === null ? failing : warning
  const closed = tried.flatMap((one) => ('found' in one ? [tell(one.about, one.found, one.remedy)] : []))
  return { connection, closed }
}

async function atBroker(
  connection: ChannelModel,
  broker: BrokerConfig,
  timeoutMs: number,
  examine: (broker: BrokerConfig, askBroker: Ask) => Promise<readonly DoctorFinding[]>
): Promise<readonly DoctorFinding[]> {
  connection.on('error', () => {})
  // A broker that stops answering must not keep the command from ending.
  const late = setTimeout(() => cut(connection, `no answer within ${timeoutMs} ms`), timeoutMs)
  try {
    return await examine(broker, (question) => askBroker(connection, question))
  } finally {
    await connection.close().catch(() => {})
    clearTimeout(late)
  }
}

/** Never the error itself: it may carry the URL, and with it the password. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException
  if (refusesVhost(error)) return 'it lets us in, but not into this vhost'
  return (message || String(code)).replaceAll(/amqps?:\/\/\S+/g, '(the URL)')
}

/** amqplib does not keep the broker's words here. */
const refusesVhost = (error: unknown) => (error as Error).message.includes('Expected ConnectionOpenOk')

function remedyOf(error: unknown): string {
  const { message } = error as Error
  if (amqpCode(error) === 403 || /ACCESS.REFUSED|403/.test(message))
    return 'correct user and password in the URL under notifications; special characters in them are percent-encoded'
  if (refusesVhost(error))
    return 'correct the vhost, the part of the URL after the last slash (%2F is the vhost "/"), or let the user into it: rabbitmqctl set_permissions'
  if (/certificate|altname/i.test(message))
    return 'name who signed it: cacert under notifications, a PEM file; its names must hold the host as the URL writes it. A broker that asks for ours needs cert and key'
  return 'is RabbitMQ up, and may this machine reach this host and port? 5671 wants amqps://, 5672 amqp://'
}
