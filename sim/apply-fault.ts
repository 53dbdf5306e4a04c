import type { ServerResponse } from 'node:http'
import type { Fault } from './faults.ts'
import { unauthorized } from './keystone/keystone.ts'
import { answer, type Reply, type ServiceApp } from './wire.ts'

/** Applies a fault; true when nothing more is to be answered. */
export async function applyFault(
  fault: Fault,
  service: ServiceApp,
  response: ServerResponse,
  entry: { status: number; readonly requestId: string },
  done: Reply | null
): Promise<boolean> {
  if ((done !== null) !== (fault.when === 'after') && !(done && fault.truncate)) return false
  if (fault.hangMs !== undefined) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, fault.hangMs)
      response.on('close', () => {
        clearTimeout(timer)
        resolve(null)
      })
    })
    if (response.destroyed) return true
  }
  if (fault.until !== undefined) {
    await fault.until
    if (response.destroyed) return true
  }
  if (fault.reset) {
    response.socket?.resetAndDestroy()
    return true
  }
  if (fault.truncate) {
    if (!done) return false
    const text = JSON.stringify(done.body)
    response.writeHead(done.status, { 'content-type': 'application/json', 'content-length': text.length })
    response.write(text.slice(0, text.length / 2), () => response.socket?.destroy())
    return true
  }
  const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
  if (fault.html) {
    entry.status = fault.status ?? 502
    response.writeHead(entry.status, { 'content-type': 'text/html', ...retryAfter })
    response.end(
      '<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n</body></html>'
    )
    return true
  }
  if (fault.status === undefined) return false
  entry.status = fault.status
  const reply = fault.status === 401 ? unauthorized().reply : service.fault(fault.status, 'A fault of the simulation.')
  answer(response, { ...reply, headers: { ...reply.headers, ...retryAfter } }, entry.requestId)
  return true
}
