import { isLoopback } from '../../base/loopback.ts'
import { serveRoutes } from '../../handlers/serve.ts'
import type { StartRole } from '../role.ts'
import { fourEyes } from '../simulated-people.ts'

/** Starts role serve: the API, its live stream and the page. */
export const startServe: StartRole = async ({ config, live, reading, build, bus, simulated }) => {
  // Whoever reaches this machine from elsewhere is told nobody's token, not even of a simulated company.
  const people = isLoopback(config.http.host) ? (simulated?.people ?? []) : []
  return {
    routes: serveRoutes({
      reading,
      context: () => live().context,
      tokens: () => live().config.tokens,
      build: () => build,
      stream: { subscribe: (listener) => bus.subscribe('news', listener) },
      ...(people.length === 0 ? {} : { people }),
      wake: () => bus.wake()
    }),
    greeting: (url) => (people.length === 0 ? null : fourEyes(url, people))
  }
}
