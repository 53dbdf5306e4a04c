import { isDeepStrictEqual } from 'node:util'
import { type ConsumeThread, startConsumeThread } from '../consume.ts'
import { consumerSettings, pemOf } from '../consumed.ts'
import type { StartRole } from '../role.ts'

/** Starts role consume: notifications of each broker, in a thread of its own; in a simulation, those of the simulated cloud. */
export const startConsume: StartRole = async ({ live, journalPath, log, metrics, bus, beats, take, simulated }) => {
  const threads: ConsumeThread[] = []
  let consumedWith = ''
  const wake = () => bus.wake()
  function begin(): void {
    const { config } = live()
    consumedWith = pemOf(config)
    for (const broker of config.notifications)
      threads.push(startConsumeThread(broker, config, journalPath, { log, metrics, wake, beats }))
  }
  const close = () => Promise.all(threads.splice(0).map((one) => one.close()))
  return {
    run(url) {
      begin()
      simulated?.listen(url, async (batch) => {
        await take('sim', batch)
      })
    },
    brokers: () => threads.map((one) => one.status()),
    async renewed(before) {
      const { config } = live()
      if (isDeepStrictEqual(consumerSettings(before), consumerSettings(config)) && pemOf(config) === consumedWith)
        return
      await close()
      begin()
    },
    close
  }
}
