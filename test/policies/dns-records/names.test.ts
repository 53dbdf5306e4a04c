import t from 'tap'
import {
  addressOfReverse,
  canonicalAddress,
  fillTemplate,
  label,
  reservedReason,
  reverseName,
  templateMistakes
} from '../../../src/policies/dns-records/names.ts'

t.test('label() makes one DNS label of any server name', async (t) => {
  const cases: [string, string | null][] = [
    ['web-1', 'web-1'],
    ['Web Server #1', 'web-server-1'],
    ['--x--', 'x'],
    ['a.b', 'a-b'],
    ['__', null],
    ['日本', null],
    ['übung', 'bung'],
    ['x'.repeat(80), 'x'.repeat(63)],
    [`${'x'.repeat(62)}--y`, 'x'.repeat(62)]
  ]
  for (const [text, expected] of cases) t.equal(label(text), expected, text)
})

t.test('fill() gives a name or the reason why there is none', async (t) => {
  const values = {
    server: 'Web 1',
    loadbalancer: 'Shop LB',
    project: 'dev',
    cluster: 'dev',
    network: 'dev-net',
    address: 'fd00::1',
    zone: 'Cloud.Lab.'
  }
  t.same(fillTemplate('{server}.{project}.{zone}', values), { name: 'web-1.dev.cloud.lab.' })
  t.same(fillTemplate('{loadbalancer}.{project}.{zone}', values), { name: 'shop-lb.dev.cloud.lab.' })
  t.same(fillTemplate('ip-{address}.{zone}', values), { name: 'ip-fd00-1.cloud.lab.' })
  t.same(fillTemplate('{server}.{zone}', { ...values, server: '!' }), {
    none: "server '!' has no letter or digit to make a DNS label of"
  })
  const long = fillTemplate(`${'{server}.'.repeat(5)}{zone}`, { ...values, server: 'x'.repeat(63) })
  t.match(long, { none: 'the name would be 330 characters long, 255 are allowed' })
})

t.test('templateMistakes() names what is wrong and what is allowed', async (t) => {
  t.same(templateMistakes('{server}.{project}.{zone}'), [])
  t.match(templateMistakes('{host}.{zone}'), [
    /unknown placeholder \{host\}; placeholders are \{server\}/,
    /needs \{server\}/
  ])
  t.same(templateMistakes('{loadbalancer}.{project}.{zone}', 'loadbalancer'), [])
  t.match(templateMistakes('{server}.{zone}', 'loadbalancer'), [
    /unknown placeholder \{server\}; placeholders are \{loadbalancer\}/,
    /needs \{loadbalancer\}/
  ])
  t.match(templateMistakes('{server}.example.org.'), [/must end in \.\{zone\}/])
})

t.test('reservedReason() protects apex, wildcards, underscores and configured names', async (t) => {
  const zone = 'cloud.lab.'
  t.match(reservedReason('cloud.lab.', zone, []), /apex/)
  t.match(reservedReason('*.cloud.lab.', zone, []), /wildcard/)
  t.match(reservedReason('_acme.cloud.lab.', zone, []), /underscore/)
  t.match(reservedReason('www.cloud.lab.', zone, ['WWW.cloud.lab']), /reserved by the configuration/)
  t.equal(reservedReason('web.cloud.lab.', zone, ['www.cloud.lab.']), null)
})

t.test('reverse names and addresses are each other’s inverse', async (t) => {
  t.equal(reverseName('10.20.0.5'), '5.0.20.10.in-addr.arpa.')
  t.equal(reverseName('fd00:10:20::5'), '5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.1.0.0.0.0.d.f.ip6.arpa.')
  for (const address of ['10.20.0.5', 'fd00:10:20::5', '2001:db8::', '::1'])
    t.equal(addressOfReverse(reverseName(address)), address)
  t.equal(addressOfReverse('20.10.in-addr.arpa.'), null)
  t.equal(addressOfReverse('web.cloud.lab.'), null)
  t.equal(canonicalAddress('FD00:0010:0020:0000:0000:0000:0000:0005'), 'fd00:10:20::5')
})
