import t from 'tap'
import { parseTransportUrl, showTransport, type Transport } from '../../src/core/transport-url.ts'

const host = (name: string, port = 5672, user = 'u', password = 'p') => ({ name, port, user, password })
const one = (transport: Partial<Transport>): Transport => ({ tls: false, vhost: '/', hosts: [], ...transport })

t.test('what oslo.messaging and AMQP call a URL', async (t) => {
  const cases: [string, Transport][] = [
    ['amqp://u:p@h', one({ hosts: [host('h')] })],
    ['amqp://u:p@h1:5672,u:p@h2:5672/', one({ hosts: [host('h1'), host('h2')] })],
    ['rabbit://u:p@h1:5672,v:q@h2:5673//', one({ hosts: [host('h1'), host('h2', 5673, 'v', 'q')] })],
    ['RABBIT://u:p@h/cloud', one({ hosts: [host('h')], vhost: 'cloud' })],
    ['amqp://u:p@h/%2F', one({ hosts: [host('h')] })],
    ['amqp://u:p@h/a%2Fb%20c', one({ hosts: [host('h')], vhost: 'a/b c' })],
    ['amqp://h', one({ hosts: [host('h', 5672, 'guest', 'guest')] })],
    ['amqp://h1,h2:1/', one({ hosts: [host('h1', 5672, 'guest', 'guest'), host('h2', 1, 'guest', 'guest')] })],
    [
      'amqps://u:p@h1,u:p@[2001:db8::1]:5673/v',
      one({ tls: true, hosts: [host('h1', 5671), host('2001:db8::1', 5673)], vhost: 'v' })
    ],
    [
      'rabbit://u:p@h:5671/?ssl=1&ssl_ca_file=/etc/ca.pem',
      one({ tls: true, hosts: [host('h', 5671)], cacert: '/etc/ca.pem' })
    ],
    [
      'rabbit://u:p@h/?ssl=True&ssl_cert_file=/c&ssl_key_file=/k&heartbeat_timeout_threshold=20',
      one({ tls: true, hosts: [host('h')], cert: '/c', key: '/k', heartbeat: 20 })
    ],
    ['rabbit://u:p@h/?ssl=0&heartbeat=5', one({ hosts: [host('h')], heartbeat: 5 })],
    ['rabbit://u%40x:p%2C%3A%2F%40%25@h/', one({ hosts: [host('h', 5672, 'u@x', 'p,:/@%')] })],
    ['rabbit://u@realm:p:q@h', one({ hosts: [host('h', 5672, 'u@realm', 'p:q')] })],
    ['rabbit://u:p@h1,/', one({ hosts: [host('h1')] })]
  ]
  for (const [url, transport] of cases) t.strictSame(parseTransportUrl(url), transport, url)
})

t.test('anything else says why, and nothing of what may be a password', async (t) => {
  const cases: [string, RegExp][] = [
    ['hunter2', /no URL/],
    ['http://u:hunter2@h', /scheme is another one: there are amqp:\/\/, amqps:\/\/ and rabbit:\/\//],
    ['kafka://u:hunter2@h', /scheme/],
    ['kombu+memory://hunter2', /scheme/],
    ['amqp://', /names no host/],
    ['amqp://,/', /names no host/],
    ['amqp://u:hunter2@h:port/', /its host is no name or address/],
    ['amqp://u:hunter2@h:70000/', /from 1 to 65535/],
    ['amqp://u:hunter2@h:0/', /from 1 to 65535/],
    ['amqp://u:hunter2@h1,u:hunter2@:5672/', /host 2 is no name/],
    ['amqp://u:hunter2@h1,h2', /some of its hosts have user and password and others have none/],
    ['amqp://u:123,hunter2@h', /host 2 has no user and password before the @/],
    ['amqp://u:a,b:hunter2@h', /some of its hosts|no name or address/],
    ['amqp://hunter2@h', /no user and password before the @/],
    ['amqp://u:@h', /no user and password/],
    ['amqp://u:hun/ter2@h:5672/v', /vhost has a \/ in it.*percent-encoded|no name or address/],
    ['amqp://u:hun#ter2@h:5672/v', /# in it: .* percent-encoded/],
    ['amqp://u:hun?ter2@h:5672/v', /no name or address|option/],
    ['amqp://u:hunter2%@h/v', /password of its host has a % that begins no %XX/],
    ['amqp://u:hunter2@h/a/b', /vhost has a \//],
    ['amqp://u:hunter2@h;amqp://u:hunter2@h2', /no name or address|vhost/],
    ['amqp://u:hunter2@2001:db8::1/', /IPv6 in brackets/],
    [
      'rabbit://u:hunter2@h/?rabbit_quorum_queue=true',
      /option 'rabbit_quorum_queue' is not known; known are ssl, ssl_ca_file/
    ],
    ['rabbit://u:hunter2@h/?ssl=maybe', /ssl is neither 1 nor 0/],
    ['rabbit://u:hunter2@h/?ssl_ca_file=/x', /names certificates and no TLS/],
    ['rabbit://u:hunter2@h/?ssl=1&ssl_ca_file=', /ssl_ca_file names no file/],
    ['amqps://u:hunter2@h/?ssl=0', /amqps:\/\/ and says ssl=0/],
    ['amqp://u:hunter2@h/?heartbeat=often', /heartbeat is no number/]
  ]
  for (const [url, reason] of cases) {
    const said = parseTransportUrl(url)
    t.type(said, 'string', url)
    t.match(said, reason, url)
    t.notMatch(said, /hunter2|ter2/, url)
  }
})

t.test('what is shown has no user and no password', async (t) => {
  const shown = (url: string) => showTransport(parseTransportUrl(url) as Transport)
  t.equal(shown('amqp://u:p@h1,u:p@[::1]:5673/cloud'), 'h1:5672, [::1]:5673 (vhost cloud)')
  t.equal(shown('amqps://u:p@h'), 'h:5671')
})
