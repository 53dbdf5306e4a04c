import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'

export async function until(what: string, look: () => boolean): Promise<void> {
  for (let tries = 0; !look(); tries++) {
    if (tries > 1000) throw new Error(`${what} did not come about`)
    await delay(10)
  }
}

/** Port of a server that ends with the test. */
export async function listening(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/**
 * A service with TLS whose connections can be kept from coming about: they wait before the handshake, as at an overloaded
 * balancer. null: this machine has no openssl for its certificate.
 */
export async function behindDoor(t: Test, handle: RequestListener) {
  const folder = t.testdir({})
  const files = ['-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`]
  try {
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', ...files]
    execFileSync('openssl', made, { stdio: 'ignore' })
  } catch {
    return null
  }
  const [key, cert] = [readFileSync(`${folder}/key.pem`), readFileSync(`${folder}/cert.pem`)]
  const behind = await listening(t, createServer({ key, cert }, handle) as unknown as Server)
  const waiting: Socket[] = []
  const all = new Set<Socket>()
  let shut = false
  const pass = (socket: Socket) => {
    const on = connect(behind, '127.0.0.1')
    for (const one of [socket, on]) {
      all.add(one)
      one.on('error', () => {})
    }
    socket.pipe(on).pipe(socket)
  }
  const door = createTcpServer({ pauseOnConnect: true }, (socket) => (shut ? waiting.push(socket) : pass(socket)))
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of [...all, ...waiting]) socket.destroy()
    door.close()
  })
  return {
    url: `https://127.0.0.1:${(door.address() as AddressInfo).port}`,
    waiting: () => waiting.length,
    shut() {
      shut = true
    },
    open() {
      shut = false
      for (const socket of waiting.splice(0)) pass(socket)
    }
  }
}
