// The reference: what no consumer can leave out. Takes the number of messages, says how long they took.
import { connect } from 'amqplib'

const [url, queue, count] = process.argv.slice(2) as [string, string, string]
const connection = await connect(url)
const channel = await connection.createChannel()
await channel.prefetch(2000)
let begin = 0
let seen = 0
let waiting = false
const done = Promise.withResolvers<void>()
await channel.consume(queue, (message) => {
  if (message === null) throw new Error('the queue was deleted')
  if (seen++ === 0) begin = performance.now()
  const outer = JSON.parse(message.content.toString()) as { 'oslo.message'?: string }
  const inner = JSON.parse(outer['oslo.message']!) as { message_id?: string }
  if (inner.message_id === undefined) throw new Error('this is no notification')
  if (seen === Number(count)) {
    channel.ack(message, true)
    done.resolve()
  } else if (!waiting) {
    waiting = true
    setImmediate(() => {
      waiting = false
      if (seen < Number(count)) channel.ack(message, true)
    })
  }
})
await done.promise
const ms = performance.now() - begin
await channel.close()
await connection.close()
console.log(JSON.stringify({ ms }))
