import type { BrokerConfig } from '../config/config.ts'
import { amqpCode } from '../consumers/amqp.ts'
import { type Ask, atBrokers } from './broker.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'

const deadLetterQueue = 'stackreflex.dead'
const nearlyFull = 0.8

/** Our queue: is it there, of the right type, read by one of us, and not filling up? And what lies in the dead letters? */
export const queue: DoctorCheck = {
  name: 'queue',
  examine: (target) =>
    atBrokers(target, 'passed over', async (broker, ask) => [
      ...(await ours(broker, ask)),
      ...(await dead(broker, ask))
    ])
}

async function ours({ queue: name, maxLength, allowPublisherQueue }: BrokerConfig, ask: Ask) {
  const about = `queue ${name}`
  let depth: { readonly messageCount: number; readonly consumerCount: number }
  try {
    depth = await ask((channel) => channel.checkQueue(name))
  } catch (error) {
    if (amqpCode(error) === 404)
      return [
        warning(
          about,
          'is not there yet: what happens now is not kept, and found by the sweep',
          'start the product once, it makes its queue; from then on the broker keeps what comes while it is down'
        )
      ]
    throw error
  }
  const { messageCount, consumerCount } = depth
  const findings: DoctorFinding[] = []
  if (!allowPublisherQueue) findings.push(...(await type(name, ask)))
  if (consumerCount === 0)
    findings.push(
      warning(about, `nobody reads it; ${messageCount} messages wait`, 'start the product; it keeps them until then')
    )
  else if (consumerCount > 1)
    findings.push(
      warning(
        about,
        `${consumerCount} consumers: one is active, the others stand by or take its messages`,
        'stop the one that is not meant, or give each installation a queue of its own (notifications.queue)'
      )
    )
  if (messageCount >= maxLength * nearlyFull)
    findings.push(
      warning(
        about,
        `${messageCount} messages wait, of ${maxLength} at most; beyond that the broker drops the oldest`,
        'is the product running and its disk not full? The sweep finds what was dropped; maxLength may be raised'
      )
    )
  return findings.length > 0 ? findings : [ok(about, `quorum, one consumer, ${messageCount} messages wait`)]
}

/**
 * AMQP tells a queue's type only by refusing another one. A declaration of what exists changes nothing, and this queue
 * has just been seen; the other arguments are taken from the broker's refusals, until only the type is left to differ.
 */
async function type(name: string, ask: Ask): Promise<readonly DoctorFinding[]> {
  const args: Record<string, unknown> = { 'x-queue-type': 'quorum' }
  for (let tries = 0; tries < 12; tries++) {
    try {
      await ask(async (channel) => {
        await channel.checkQueue(name)
        await channel.assertQueue(name, { durable: true, arguments: args })
      })
      return []
    } catch (error) {
      if (amqpCode(error) === 403)
        return [
          failing(
            `queue ${name}`,
            'may not be declared by our user',
            'give the user configure, write and read on stackreflex.* (or whatever the queue is called) in this vhost: rabbitmqctl set_permissions'
          )
        ]
      const differs =
        /inequivalent arg '([^']+)'.* but current is (?:the value )?'?(.*?)'?(?: of type '(\w+)')?["']?$/.exec(
          (error as Error).message
        )
      if (amqpCode(error) !== 406 || differs === null) return []
      const [, key = '', value = ''] = differs
      if (key === 'x-queue-type' || key === 'durable' || key === 'auto_delete') {
        const found =
          key === 'x-queue-type' ? 'is not a quorum queue' : `is not durable (${key} is ${value.replaceAll("'", '')})`
        return [
          warning(
            `queue ${name}`,
            `${found}: what waits in it may be lost with a node of the broker`,
            'when it is empty, stop the product, delete the queue (rabbitmqctl delete_queue) and start: it is made anew'
          )
        ]
      }
      if (value === 'none') delete args[key]
      else
        args[key] = /^\d+$/.test(value)
          ? Number(value)
          : value === 'true' || value === 'false'
            ? value === 'true'
            : value
    }
  }
  return []
}

async function dead({ openstack, region }: BrokerConfig, ask: Ask): Promise<readonly DoctorFinding[]> {
  const about = `dead letters of ${openstack}/${region}`
  const waiting = await ask((channel) => channel.checkQueue(deadLetterQueue)).catch((error: unknown) => {
    // Made together with our queue.
    if (amqpCode(error) === 404 || amqpCode(error) === 403) return null
    throw error
  })
  if (waiting === null) return []
  if (waiting.messageCount === 0) return [ok(about, 'none')]
  return [
    warning(
      about,
      `${waiting.messageCount} messages lie in ${deadLetterQueue}: they were no notifications`,
      `their header x-reflex-reason says why, x-reflex-exchange whence; when that is understood: rabbitmqctl purge_queue ${deadLetterQueue}`
    )
  ]
}
