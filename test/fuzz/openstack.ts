import fc from 'fast-check'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { raw, recorded } from '../events/recorded.ts'
import { scratched, scratches, spoils, spoilt } from './spoil.ts'
import { storable } from './storable.ts'
import type { Target } from './target.ts'

const where = { openstack: 'lab', region: 'RegionOne' }
const exchanges = ['nova', 'neutron', 'keystone', 'openstack', 'glance', 'octavia', 'designate', '', '__proto__']
const bodies = recorded().map(raw)
const textOf = (n: number): string => Buffer.from(bodies[n]!.body).toString('latin1')

interface Notification {
  readonly exchange: string
  /** latin1: the bytes on the wire. */
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
}

const at = fc.nat({ max: bodies.length - 1 })
const headers = fc.dictionary(fc.constantFrom('compression', '__proto__', 'x'), fc.jsonValue({ maxDepth: 1 }), {
  maxKeys: 2
})

const bytes = fc
  .tuple(at, scratches, fc.constantFrom(...exchanges), headers)
  .map(([n, scratch, exchange, headers]): Notification => ({ exchange, body: scratched(textOf(n), scratch), headers }))

const random = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom(...exchanges))
  .map(([text, exchange]): Notification => ({ exchange, body: Buffer.from(text).toString('latin1'), headers: {} }))

/** Values of other types and sizes in the message, in its envelope, or in both. */
const values = fc.tuple(at, spoils(), spoils(1)).map(([n, inner, outer]): Notification => {
  const envelope = JSON.parse(Buffer.from(bodies[n]!.body).toString()) as Record<string, unknown>
  const message = spoilt(JSON.parse(envelope['oslo.message'] as string), inner)
  const whole = spoilt({ ...envelope, 'oslo.message': JSON.stringify(message) }, outer)
  return {
    exchange: bodies[n]!.exchange,
    body: Buffer.from(JSON.stringify(whole) ?? '').toString('latin1'),
    headers: {}
  }
})

/** A notification of oslo.messaging → events. */
export const openstack: Target<Notification> = {
  name: 'openstack',
  share: 5,
  inputs: fc.oneof({ weight: 6, arbitrary: values }, { weight: 3, arbitrary: bytes }, { weight: 1, arbitrary: random }),
  check: ({ exchange, body, headers }) =>
    storable(
      normaliseOpenstack(
        { exchange, routingKey: 'notifications.info', body: Buffer.from(body, 'latin1'), headers },
        where
      )
    )
}
