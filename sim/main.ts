import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startSim } from './cloud.ts'
import { startDay } from './day/day.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5999' },
    seed: { type: 'string' },
    amqp: { type: 'string' },
    clouds: { type: 'string' },
    day: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

if (values.help) {
  console.log(`node sim/main.ts [--port 5999] [--seed n] [--amqp amqp://…] [--clouds clouds.yaml] [--day]
Runs the simulated cloud until it is interrupted.
  --amqp    publishes the notifications to this RabbitMQ
  --clouds  writes the credentials into this file
  --day     people work in it: servers boot, move and die`)
  process.exit(0)
}

const sim = await startSim({
  port: Number(values.port),
  ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
  ...(values.amqp === undefined ? {} : { amqpUrl: values.amqp })
})
// JSON is YAML.
const clouds = `${JSON.stringify(sim.clouds, null, 2)}\n`
if (values.clouds === undefined) console.log(clouds)
else writeFileSync(values.clouds, clouds, { mode: 0o600 })
console.log(`the simulated cloud listens on ${sim.url} (Keystone: ${sim.url}/identity)`)

const stop = new AbortController()
const day = values.day ? startDay(sim, { signal: stop.signal, onStep: (step) => console.log(step) }) : Promise.resolve()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    stop.abort()
    await day
    await sim.close()
  })
}
