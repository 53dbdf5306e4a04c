import amqp from 'amqplib'
import type { SimNotification } from './notify.ts'

/** A connection to RabbitMQ that publishes as oslo.messaging does. */
export interface Publisher {
  publish(notification: SimNotification): void
  /** Everything that was published is confirmed. */
  flushed(): Promise<void>
  close(): Promise<void>
}

/**
 * Declares exchange, queue and binding at the first message with a routing key, as an oslo publisher does: the exchange
 * topic and not durable, the queue named like the routing key and not durable. Nobody limits that queue, here neither.
 */
export async function connectPublisher(url: string): Promise<Publisher> {
  const connection = await amqp.connect(url)
  // The lost connection shows in the next publish.
  connection.on('error', () => {})
  const channel = await connection.createConfirmChannel()
  channel.on('error', () => {})
  const declared = new Map<string, Promise<unknown>>()
  let last: Promise<unknown> = Promise.resolve()

  async function declare(exchange: string, routingKey: string): Promise<void> {
    await channel.assertExchange(exchange, 'topic', { durable: false, autoDelete: false })
    await channel.assertQueue(routingKey, { durable: false, autoDelete: false, exclusive: false })
    await channel.bindQueue(routingKey, exchange, routingKey)
  }

  return {
    publish: ({ exchange, routingKey, body }) => {
      const key = `${exchange} ${routingKey}`
      const ready = declared.get(key) ?? declare(exchange, routingKey)
      declared.set(key, ready)
      // One after the other, so that the order of the bus is kept while a new exchange is declared.
      last = Promise.all([last, ready])
        .then(() =>
          channel.publish(exchange, routingKey, body, {
            contentType: 'application/json',
            contentEncoding: 'utf-8',
            deliveryMode: 2,
            priority: 0,
            headers: {}
          })
        )
        .catch((error: Error) => process.emitWarning(`the notification was not published: ${error.message}`))
    },
    flushed: async () => {
      await last
      await channel.waitForConfirms()
    },
    close: async () => {
      await last
      await channel.close().catch(() => {})
      await connection.close().catch(() => {})
    }
  }
}
