import { freshBody, type Recorded } from './recorded.ts'

export interface Published {
  readonly exchange: string
  readonly routingKey: string
  readonly body: Buffer
  readonly headers: Record<string, unknown>
}

type Spoil = (text: string, n: number) => { text: string | Buffer; headers?: Record<string, unknown> }

const stamp = /(\\"timestamp\\": \\")20[^"\\]*(\\")/g

/** What a publisher on the bus who means harm may send; each is small, but for one of a megabyte now and then. */
const spoils: readonly Spoil[] = [
  () => ({ text: 'no JSON at all' }),
  (text) => ({ text: text.slice(0, text.length / 2) }),
  (text) => ({ text: text.replace(stamp, '$12300-01-01 00:00:00.000000$2') }),
  (text) => ({ text: text.replace(stamp, '$10001-01-01 00:00:00.000000$2') }),
  (text) => ({ text: text.replaceAll('"payload\\": {', '"payload\\": [{') }),
  (text) => ({
    text: text.replace(/\\"display_name\\": \\"[^"\\]*/, `\\"display_name\\": \\"${'\\\\u001b[31m'.repeat(200)}`)
  }),
  (text) => ({ text, headers: { compression: 'gzip' } }),
  (text) => ({ text: Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0])]) }),
  () => ({ text: `${'['.repeat(20_000)}${']'.repeat(20_000)}` }),
  (text) => ({ text: text.replace(/\\"project_id\\": \\"[^"\\]*/g, '\\"project_id\\": \\"') }),
  (text, n) => ({
    text:
      n % 100 < 7
        ? JSON.stringify('x'.repeat(1_000_000))
        : text.replace(/\\"state\\": \\"\w+/g, '\\"state\\": \\"__proto__')
  })
]

/** Recorded notifications with ids and times of their own, as they were and spoilt. */
export function createHostile(recorded: readonly Recorded[]) {
  const begin = Date.now()
  const fresh = (n: number) => {
    const one = recorded[n % recorded.length]!
    return {
      one,
      body: freshBody(one, 1000 + Math.floor(n / recorded.length), Math.max(begin, Date.now()) + (n % 1000) / 1000)
    }
  }
  return {
    whole(n: number): Published {
      const { one, body } = fresh(n)
      return { exchange: one.exchange, routingKey: one.routingKey, body, headers: {} }
    },
    bad(n: number): Published {
      const { one, body } = fresh(n)
      const { text, headers = {} } = spoils[Math.floor(n / 7) % spoils.length]!(body.toString(), n)
      return { exchange: one.exchange, routingKey: one.routingKey, body: Buffer.from(text), headers }
    }
  }
}
