import type { Channel, ChannelModel } from 'amqplib'
import type { BrokerConfig } from '../config.ts'
import { ask, codeOf, hostOf } from '../consumers/amqp.ts'
import { type Finding, failure } from './finding.ts'
import type { Patient } from './patient.ts'

export type Ask = <T>(question: (channel: Channel) => Promise<T>) => Promise<T>

/**
 * Opens each broker that is configured, for questions on channels of their own. One that cannot be opened is a finding,
 * of the check that says so (`unreachable: 'told'`); the others pass it over.
 */
export async function atBrokers(
  { config, timeoutMs }: Patient,
  unreachable: 'told' | 'passed over',
  examine: (broker: BrokerConfig, ask: Ask) => Promise<readonly Finding[]>
): Promise<readonly Finding[]> {
  const brokers = config?.notifications ?? []
  // A URL that is not known here is a finding of the configuration.
  const known = brokers.filter(({ url }) => url !== '')
  const found = await Promise.all(
    known.map(async (broker) => {
      const examined = await atBroker(broker, timeoutMs, examine)
      if ('findings' in examined) return examined.findings
      return unreachable === 'told' ? [examined.closed] : []
    })
  )
  return found.flat()
}

async function atBroker(
  broker: BrokerConfig,
  timeoutMs: number,
  examine: (broker: BrokerConfig, ask: Ask) => Promise<readonly Finding[]>
): Promise<{ readonly findings: readonly Finding[] } | { readonly closed: Finding }> {
  const host = hostOf(broker.url)
  const { connect } = await import('amqplib')
  let connection: ChannelModel
  try {
    connection = await connect(broker.url, { timeout: Math.round(timeoutMs * 0.8) })
  } catch (error) {
    return { closed: failure(`broker ${host}`, reasonOf(error), remedyOf(error)) }
  }
  connection.on('error', () => {})
  // A broker that stops answering must not keep the command from ending.
  const late = setTimeout(() => streamOf(connection).destroy(), timeoutMs)
  try {
    return { findings: await examine(broker, (question) => ask(connection, question)) }
  } finally {
    await connection.close().catch(() => {})
    clearTimeout(late)
  }
}

function streamOf(connection: ChannelModel): { destroy(): void } {
  return (connection.connection as unknown as { stream: { destroy(): void } }).stream
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
  if (codeOf(error) === 403 || /ACCESS.REFUSED|403/.test(message))
    return 'correct user and password in the URL under notifications; special characters in them are percent-encoded'
  if (refusesVhost(error))
    return 'correct the vhost, the part of the URL after the last slash (%2F is the vhost "/"), or let the user into it: rabbitmqctl set_permissions'
  return 'is RabbitMQ up, and may this machine reach this host and port? 5671 wants amqps://, 5672 amqp://'
}
