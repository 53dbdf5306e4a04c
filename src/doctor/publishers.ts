import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerConfig } from '../config/config.ts'
import { amqpCode } from '../consumers/amqp.ts'
import { type Ask, atBrokers } from './broker.ts'
import { type DoctorCheck, type DoctorFinding, ok, warning } from './finding.ts'

const priorities = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample']
const betweenLooksMs = 1000

/**
 * Each service declares a queue by the name of its routing key and fills it, whether anybody reads it or not. We have a queue
 * of our own, so where we are the first to switch notifications on, these grow until the broker is out of memory or disk.
 */
export const publishers: DoctorCheck = {
  name: 'publishers',
  examine: (target) => atBrokers(target, 'passed over', examine)
}

async function examine(broker: BrokerConfig, ask: Ask): Promise<readonly DoctorFinding[]> {
  const names = broker.topics.flatMap((topic) => priorities.map((priority) => `${topic}.${priority}`))
  const unread = (await Promise.all(names.map((name) => waiting(name, ask)))).filter((queue) => queue !== null)
  const about = `publishers' queues of ${broker.openstack}/${broker.region}`
  if (unread.length === 0) return [ok(about, 'none that grows without a reader')]
  await sleep(betweenLooksMs)
  const seen = await Promise.all(
    unread.map(async ({ name, messages }) => {
      const now = await waiting(name, ask)
      return { name, messages: now?.messages ?? 0, grew: (now?.messages ?? 0) - messages }
    })
  )
  const findings = seen.flatMap(({ name, messages, grew }) => {
    if (messages === 0 || bounded(messages, grew)) return []
    const rate = grew > 0 ? `, ${grew} more within ${betweenLooksMs / 1000} s` : ''
    return [
      warning(
        `queue ${name}`,
        `${messages} messages wait and nobody reads them${rate}: the services of ${broker.openstack}/${broker.region} put each notification there as well`,
        `bound it: rabbitmqctl set_operator_policy -p <vhost> unread-notifications '${pattern(broker)}' '{"max-length": 10000}' --apply-to queues ` +
          '(docs/operations.md, "The publishers\' queues"), and rabbitmqctl purge_queue once. Is it bounded already, it stops at that length'
      )
    ]
  })
  return findings.length > 0
    ? findings
    : [ok(about, 'nobody reads them, and they stand at the length that bounds them')]
}

/** AMQP tells nothing of policies. What stands still at a round number is at the end of one. */
const bounded = (messages: number, grew: number) => grew === 0 && messages % 1000 === 0

/** null where it is not there, empty, or read by somebody. */
async function waiting(name: string, ask: Ask): Promise<{ readonly name: string; readonly messages: number } | null> {
  try {
    const { messageCount, consumerCount } = await ask((channel) => channel.checkQueue(name))
    return messageCount === 0 || consumerCount > 0 ? null : { name, messages: messageCount }
  } catch (error) {
    // 405: an exclusive one of somebody, so it is read.
    if ([403, 404, 405].includes(amqpCode(error) ?? 0)) return null
    throw error
  }
}

const pattern = ({ topics }: BrokerConfig) =>
  `^(${topics.map((topic) => topic.replaceAll('.', '\\.')).join('|')})\\.(${priorities.join('|')})$`
