import type { BrokerConfig } from '../config/config.ts'
import { amqpCode } from '../consumers/amqp.ts'
import { inspectJournal } from '../store/open.ts'
import { type Ask, atBrokers } from './broker.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'
import type { CheckTarget } from './target.ts'

/** Further back, a big journal takes seconds to read. */
const lookBack = 100_000

/** Does each service send notifications? Its exchange comes with the first one; what reached us is in the journal. */
export const exchanges: DoctorCheck = {
  name: 'exchanges',
  examine: async (target) => [
    ...(await atBrokers(target, 'told', (broker, ask) =>
      Promise.all(broker.exchanges.map((exchange) => examine(exchange, broker, ask, target)))
    )),
    ...octavia(target)
  ]
}

/** Octavia's exchange is not among the defaults. Where services share `openstack`, its notifications come there. */
function octavia({ dns, config }: CheckTarget): readonly DoctorFinding[] {
  const brokers = config?.notifications ?? []
  const named = brokers.some(({ exchanges }) => exchanges.includes('octavia') || exchanges.includes('openstack'))
  if (dns.every(({ settings }) => settings.vip === undefined) || brokers.length === 0 || named) return []
  return [
    warning(
      'exchange octavia',
      'no broker listens to it, and settings.vip of dns-records is set: load balancers wait for the sweep',
      'add octavia (its control_exchange) to notifications.exchanges'
    )
  ]
}

async function examine(exchange: string, broker: BrokerConfig, ask: Ask, target: CheckTarget): Promise<DoctorFinding> {
  const about = `exchange ${exchange} of ${broker.openstack}/${broker.region}`
  const driver = `set \`[oslo_messaging_notifications] driver = messagingv2\` in the configuration of ${exchange}, on each of its hosts, and restart it`
  try {
    await ask((channel) => channel.checkExchange(exchange))
    await mayBind(exchange, broker, ask)
  } catch (error) {
    if (amqpCode(error) === 404)
      return failing(
        about,
        `is not there: ${exchange} has sent no notification since the broker started`,
        `${driver}. Is it set, then something must happen there first; does its transport_url name this broker and vhost? ` +
          'If this OpenStack has no such service, take it out of notifications.exchanges'
      )
    if (amqpCode(error) === 403)
      return failing(
        about,
        'may not be bound to our queue by our user',
        `rabbitmqctl set_permissions -p <vhost> <user> '^stackreflex' '^stackreflex' '^(stackreflex.*|${broker.exchanges.join('|')})$'`
      )
    throw error
  }
  const heard = await heardOf(target, broker, exchange)
  if (heard === 'nothing yet') return ok(about, 'is there; what came from it is known once the product has run')
  if (heard === 'never')
    return warning(
      about,
      `is there but silent: nothing from it is among the newest ${lookBack} events of this journal`,
      `${driver}; does it publish to one of the topics ${broker.topics.join(', ')}? ` +
        'If nothing has happened there yet, make something happen: a key pair, a security group, a record'
    )
  return ok(about, `is there; the last event came at ${new Date(heard).toISOString()}`)
}

/**
 * Looking needs no permission, binding does. So we ask to take away a binding that nobody has: that changes nothing, and
 * is refused in the same way. Without our queue there is nothing to ask for yet.
 */
async function mayBind(exchange: string, { queue }: BrokerConfig, ask: Ask): Promise<void> {
  try {
    await ask((channel) => channel.unbindQueue(queue, exchange, 'stackreflex.nothing'))
  } catch (error) {
    if (amqpCode(error) !== 404) throw error
  }
}

/** oslo's default of `control_exchange`, where several services come from, as their events say. */
const shared = 'openstack'
const services = ['nova', 'neutron', 'keystone', 'cinder', 'glance', 'octavia', 'designate']

/** When the last event of this service came; `never`, though others of its broker did; `nothing yet` from any of them. */
async function heardOf(
  { journalPath }: CheckTarget,
  { openstack, region, exchanges: named }: BrokerConfig,
  exchange: string
): Promise<number | 'never' | 'nothing yet'> {
  const heard = await inspectJournal(journalPath, async (journal) => {
    const at = (service: string) => journal.lastFrom(`/openstack/${openstack}/${region}/${service}`, lookBack)
    if ((await at('')) === null) return null
    const own = await at(exchange)
    if (own !== null || exchange !== shared) return own ?? 'never'
    const others = await Promise.all(services.filter((service) => !named.includes(service)).map(at))
    return Math.max(0, ...others.map((one) => one ?? 0)) || 'never'
  })
  return heard ?? 'nothing yet'
}
