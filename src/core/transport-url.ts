/** One host of RabbitMQ. */
export interface BrokerHost {
  /** A name or an address; IPv6 without its brackets. */
  readonly name: string
  readonly port: number
  readonly user: string
  readonly password: string
}

/** Where RabbitMQ is: the members of one cluster, of which any will do. */
export interface Transport {
  readonly tls: boolean
  /** In the order in which they are tried; at least one. */
  readonly hosts: readonly BrokerHost[]
  readonly vhost: string
  /** What the query says besides; left out where it does not. */
  readonly heartbeat?: number
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
}

const forms = 'amqp://, amqps:// and rabbit:// URLs'
const encode = 'in user, password and vhost, each of / ? # @ : , % is percent-encoded'
const files = { ssl_ca_file: 'cacert', ssl_cert_file: 'cert', ssl_key_file: 'key' } as const
const known = ['ssl', ...Object.keys(files), 'heartbeat', 'heartbeat_timeout_threshold']

class Unusable extends Error {}

/**
 * Parses oslo.messaging's `transport_url`, `rabbit://user:pass@host:port,user:pass@host:port/vhost?ssl=1`, or an AMQP URL; else returns a
 * sentence that says what is wrong. The sentence repeats nothing of it but the names of options: a password that was not encoded may be
 * anywhere.
 */
export function parseTransportUrl(url: string): Transport | string {
  try {
    return parse(url)
  } catch (error) {
    if (error instanceof Unusable) return error.message
    throw error
  }
}

function parse(url: string): Transport {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/is.exec(url.trim())
  if (parts === null) throw new Unusable(`it is no URL: there are ${forms}`)
  const [, scheme = '', authority = '', path = '', query = '', fragment] = parts
  if (!/^(amqps?|rabbit)$/i.test(scheme)) throw new Unusable(`its scheme is another one: there are ${forms}`)
  if (fragment !== undefined) throw new Unusable(`it has a # in it: ${encode}`)
  if (path.indexOf('/', 1) > 0 && path !== '//') throw new Unusable(`its vhost has a / in it: ${encode}`)
  const options = optionsOf(query)
  const secure = scheme.toLowerCase() === 'amqps'
  if (secure && options.tls === false) throw new Unusable('it is amqps:// and says ssl=0: one of them is wrong')
  const tls = secure || options.tls === true
  const { tls: _, ...more } = options
  if (!tls && (more.cacert ?? more.cert ?? more.key) !== undefined)
    throw new Unusable('it names certificates and no TLS: write amqps://, or ssl=1')
  const written = authority.split(',').filter((one) => one !== '')
  if (written.length === 0) throw new Unusable('it names no host')
  // Only the scheme moves the port: oslo takes 5672 for ssl=1 as well.
  const hosts = written.map((one, i) => hostOf(one, written.length === 1 ? 'its host' : `host ${i + 1}`, secure))
  const named = hosts.filter(({ user }) => user !== null).length
  if (named !== 0 && named !== hosts.length)
    throw new Unusable('some of its hosts have user and password and others have none: write them for each host')
  return {
    tls,
    hosts: hosts.map((host) => ({ ...host, user: host.user ?? 'guest', password: host.password ?? 'guest' })),
    vhost: decode(path.slice(1), 'its vhost') || '/',
    ...more
  }
}

interface Written extends Omit<BrokerHost, 'user' | 'password'> {
  readonly user: string | null
  readonly password: string | null
}

function hostOf(text: string, what: string, secure: boolean): Written {
  const at = text.lastIndexOf('@')
  const login = at < 0 ? null : text.slice(0, at)
  const colon = login?.indexOf(':') ?? -1
  if (login !== null && (colon < 1 || colon === login.length - 1))
    throw new Unusable(`${what} has no user and password before the @, written user:password`)
  const place = /^(?:\[([0-9a-f:.]+)\]|([^:[\]@\s]+))(?::(\d{1,5}))?$/i.exec(text.slice(at + 1))
  const port = Number(place?.[3] ?? (secure ? 5671 : 5672))
  if (place === null || port < 1 || port > 65_535)
    throw new Unusable(`${what} is no name or address (IPv6 in brackets) with a port from 1 to 65535; ${encode}`)
  return {
    name: place[1] ?? place[2]!,
    port,
    user: login === null ? null : decode(login.slice(0, colon), `the user of ${what}`),
    password: login === null ? null : decode(login.slice(colon + 1), `the password of ${what}`)
  }
}

function optionsOf(query: string): Partial<Transport> {
  const options: { -readonly [K in keyof Transport]?: Transport[K] } = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'ssl') {
      if (!/^(1|0|true|false|yes|no|on|off)$/i.test(value)) throw new Unusable('its option ssl is neither 1 nor 0')
      options.tls = /^(1|true|yes|on)$/i.test(value)
    } else if (Object.hasOwn(files, name)) {
      if (value === '') throw new Unusable(`its option ${name} names no file`)
      options[files[name as keyof typeof files]] = value
    } else if (known.includes(name)) {
      if (!/^\d{1,4}$/.test(value)) throw new Unusable(`its option ${name} is no number of seconds`)
      options.heartbeat = Number(value)
    } else {
      const shown = /^\w{1,40}$/.test(name) ? `'${name}'` : 'that it has'
      throw new Unusable(`its option ${shown} is not known; known are ${known.join(', ')}`)
    }
  }
  return options
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Unusable(`${what} has a % that begins no %XX: ${encode}`)
  }
}

/** Renders a transport URL for logs: without user and password. */
export function showTransport({ hosts, vhost }: Transport): string {
  return `${hosts.map(showHost).join(', ')}${vhost === '/' ? '' : ` (vhost ${vhost})`}`
}

/** Renders a host as `host:port`. */
export const showHost = ({ name, port }: BrokerHost): string => `${name.includes(':') ? `[${name}]` : name}:${port}`
