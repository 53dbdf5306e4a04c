import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import { simCloud } from './sim-cloud.ts'

export interface Reply {
  readonly status?: number
  readonly body: unknown
}

/**
 * A cloud whose services all are one small HTTP server: `answers` maps `/path?query` as it was asked (without the API's
 * version) to what comes back; a path without an entry is 404 as of nobody's. `asked` has every path, in order.
 */
export async function fakeService(t: Test, answers: Record<string, Reply | unknown>) {
  const { open } = await simCloud(t)
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.replace(/^\/v[\d.]+(\/[0-9a-f]{32}(?=\/))?/, ''))
    asked.push(path)
    const reply = answers[path]
    if (reply === undefined) return send(response, 404, '<html>not here</html>')
    const { status = 200, body } = isReply(reply) ? reply : { body: reply }
    send(response, status, typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const services = ['identity', 'compute', 'network', 'image', 'block-storage']
  const cloud: Cloud = open('dev', {}, { endpointOverrides: Object.fromEntries(services.map((one) => [one, url])) })
  return { cloud, asked }
}

function isReply(reply: unknown): reply is Reply {
  return reply !== null && typeof reply === 'object' && 'body' in reply
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': text.startsWith('<') ? 'text/html' : 'application/json' }).end(text)
}
