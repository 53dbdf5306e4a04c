import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** GitLab's, of this run alone. */
export const token = 'a-token-of-the-soak-run'

export interface Times {
  readonly health: readonly number[]
  readonly webhooks: readonly number[]
  readonly reads: readonly number[]
}

/** Health checks, webhooks, questions, and people who mean harm: wrong tokens, and bodies that never come. */
export function createCallers(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  let times = { health: [] as number[], webhooks: [] as number[], reads: [] as number[] }
  const counts = new Map<string, number>()
  const open = new Set<Promise<void>>()
  const slow = new Set<Socket>()

  const ask = (
    what: keyof Times | null,
    name: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string
  ) => {
    const begin = performance.now()
    const done = new Promise<void>((resolve) => {
      const call = request(
        new URL(path, url),
        { agent, method: body === undefined ? 'GET' : 'POST', headers },
        (answer) => {
          answer.resume()
          answer.on('end', () => {
            if (what !== null) times[what].push(performance.now() - begin)
            const key = `${name} ${answer.statusCode}`
            counts.set(key, (counts.get(key) ?? 0) + 1)
            resolve()
          })
        }
      )
      call.on('error', () => {
        counts.set(`${name} failed`, (counts.get(`${name} failed`) ?? 0) + 1)
        resolve()
      })
      call.end(body)
    }).finally(() => open.delete(done))
    open.add(done)
  }

  const push = (n: number): string =>
    JSON.stringify({
      object_kind: 'push',
      ref: `refs/heads/release/${'1'.repeat(28)}${n % 50}x`,
      checkout_sha: randomUUID().replaceAll('-', '').padEnd(40, '0'),
      before: '0'.repeat(40),
      after: randomUUID().replaceAll('-', '').padEnd(40, '0'),
      user_username: 'mallory',
      project: {
        path_with_namespace: 'apps/erpnext',
        default_branch: 'main',
        web_url: 'http://gitlab.example/apps/erpnext'
      },
      commits: [{ timestamp: n % 2 === 0 ? '2286-11-20T17:46:40Z' : new Date().toISOString() }]
    })

  return {
    /** Ten times a second. */
    tick(n: number): void {
      ask('health', 'health', '/healthz')
      const json = { 'content-type': 'application/json' }
      ask(
        'webhooks',
        'webhook',
        '/webhooks/gitlab',
        { ...json, 'x-gitlab-token': token, 'x-gitlab-event-uuid': randomUUID() },
        push(n)
      )
      if (n % 5 === 0) ask(null, 'wrong token', '/webhooks/gitlab', { ...json, 'x-gitlab-token': 'wrong' }, push(n))
      if (n % 10 === 0) ask('reads', 'explain', `/api/v1/explain?about=${n % 20 === 0 ? 'zzz' : 'web-1'}`)
      if (n % 50 === 0) {
        const { hostname, port } = new URL(url)
        const socket = connect(Number(port), hostname)
        socket.on('error', () => {})
        socket.on('close', () => slow.delete(socket))
        socket.write(
          `POST /webhooks/gitlab HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 20000000\r\n\r\n{`
        )
        slow.add(socket)
        // A hundred at most are left hanging by us; the product may end them sooner.
        if (slow.size > 100) slow.values().next().value?.destroy()
      }
    },
    takeTimes(): Times {
      const taken = times
      times = { health: [], webhooks: [], reads: [] }
      return taken
    },
    counts: () => [...counts].map(([name, n]) => `${name}: ${n}`).join(', '),
    async close(): Promise<void> {
      for (const socket of slow) socket.destroy()
      await Promise.all(open)
      agent.destroy()
    }
  }
}
