import { readFileSync } from 'node:fs'
import t from 'tap'
import { asked, judge } from '../../../src/policies/isolation/judge.ts'
import type { Forwarding, Subject } from '../../../src/policies/isolation/questions/subjects.ts'
import { rules } from '../../../src/policies/isolation/rules/index.ts'
import { worldOf } from '../../../src/policies/isolation/world.ts'
import { a, assignment, group, groupRule, matrix, settingsOf } from './clusters.ts'
import { docsTable } from './table.ts'

/** What a rule finds, `<from> > <to>` with what the summary says; and what closes it. */
interface Breaching {
  readonly is: Subject
  readonly finds: readonly (readonly [from: string, to: string, summary: RegExp])[]
  /** The step of the first fact, or why there is none. */
  readonly closes: object | RegExp
}

interface Cases {
  readonly breach: Readonly<Record<string, Breaching>>
  readonly fine: Readonly<Record<string, Subject>>
}

const step = (type: string, cluster: string | null, on: string, input: object) => ({
  type,
  cluster,
  target: `isolation/admin/${on}`,
  scope: `isolation/${cluster ?? 'all'}`,
  input: { cloud: 'admin', ...input }
})

const forwarding = (more: Partial<Forwarding> = {}): Forwarding => ({
  ...{ id: 'pf', protocol: 'tcp', externalPort: 2222, internalPort: 22, internalAddress: '10.1.0.7' },
  ...{ portId: 'po', portProjectId: 'p-dev', portDeviceOwner: 'compute:nova' },
  ...{ serverId: 'srv-1', serverName: 'dev-node-1' },
  ...more
})

/** Cases of a rule on shares; `objectType` as Neutron calls it. */
function shares(objectType: string, objectId: string, other: string): Cases {
  const share = (more: object) => a('rbac-policy', { id: 'rb', objectType, objectId, objectName: 'thing', ...more })
  const input = { id: 'rb', objectType, objectId, action: 'access_as_shared', projectId: 'p-dev' }
  return {
    breach: {
      'to everybody': {
        is: share({ target: '*' }),
        finds: [['dev', '*', /thing of dev is shared with everybody$/]],
        closes: step('rbac-policy-delete', 'dev', `rbac-policy/${objectId}/access_as_shared/*`, {
          ...input,
          target: '*'
        })
      },
      'to another cluster, by an admin': {
        is: share({ target: 'p-prod', projectId: 'p-admin' }),
        finds: [['dev', 'prod', /shared with cluster prod \(project p-prod\)/]],
        closes: step('rbac-policy-delete', 'dev', `rbac-policy/${objectId}/access_as_shared/p-prod`, {
          ...input,
          target: 'p-prod',
          projectId: 'p-admin'
        })
      },
      'to a project of no cluster': {
        is: share({ target: 'p-else' }),
        finds: [['dev', 'outside', /shared with a project of no cluster \(project p-else\)/]],
        closes: step('rbac-policy-delete', 'dev', `rbac-policy/${objectId}/access_as_shared/p-else`, {
          ...input,
          target: 'p-else'
        })
      }
    },
    fine: {
      'to its own project': share({ target: 'p-dev' }),
      'what is no cluster’s': share({ objectId: 'o-else', objectProjectId: 'p-else', target: '*' }),
      'another type of object': share({ objectType: other, target: '*' })
    }
  }
}

function withoutEverybody({ breach, fine }: Cases): Cases {
  const { 'to everybody': _, ...others } = breach
  return { breach: others, fine }
}

const world = { protocol: 'tcp', portMin: 22, portMax: 22, remotePrefix: '0.0.0.0/0' } as const
const ruleDelete = (id: string, cluster: string) => ({
  type: 'security-group-rule-delete',
  cluster,
  target: /^isolation\/admin\/security-group-rule\/x\/ingress,IPv/,
  input: { cloud: 'admin', rule: { id }, securityGroupId: 'x' }
})

const roleOn = (projectId: string, more: object = {}) => assignment({ projectId, ...more })
const server = (more: object) => a('server', { id: 'srv', projectId: 'p-prod', imageId: null, ...more })
const quarantine = step('server-quarantine', 'prod', 'server/srv', { serverId: 'srv', projectId: 'p-prod' })

const cases: Readonly<Record<string, Cases>> = {
  'rbac-shared-network': {
    breach: {
      ...withoutEverybody(shares('network', 'n-dev', 'subnetpool')).breach,
      'as external': {
        is: a('rbac-policy', { action: 'access_as_external', target: '*' }),
        finds: [['dev', '*', /is shared as external with everybody/]],
        closes: { type: 'rbac-policy-delete', input: { action: 'access_as_external' } }
      }
    },
    fine: {
      ...shares('network', 'n-dev', 'subnetpool').fine,
      'one that several may use': a('rbac-policy', { objectId: 'n-transfer', target: 'p-else' }),
      'to everybody, which is the network’s own rule': a('rbac-policy', { target: '*' })
    }
  },
  'rbac-shared-security-group': shares('security_group', 'sg', 'network'),
  'rbac-shared-subnet-pool': shares('subnetpool', 'sp', 'address_scope'),
  'rbac-shared-address-scope': shares('address_scope', 'as', 'subnetpool'),
  'rbac-shared-address-group': shares('address_group', 'ag', 'qos_policy'),
  'network-shared': {
    breach: {
      'shared with all': {
        is: a('network', { shared: true }),
        finds: [['dev', '*', /network x of dev has shared=true/]],
        closes: step('network-unshare', 'dev', 'network/n-dev', { id: 'n-dev' })
      },
      'a cluster’s, owned by an admin': {
        is: a('network', { id: 'n-prod', projectId: 'p-admin', shared: true }),
        finds: [['prod', '*', /of prod has shared=true/]],
        closes: step('network-unshare', 'prod', 'network/n-prod', { id: 'n-prod' })
      }
    },
    fine: {
      'not shared': a('network'),
      'one that several may use': a('network', { id: 'n-transfer', shared: true }),
      'one of no cluster': a('network', { id: 'n-else', projectId: 'p-else', shared: true })
    }
  },
  'network-port-security-off': {
    breach: {
      off: {
        is: a('network', { portSecurityEnabled: false }),
        finds: [['dev', 'dev', /gives new ports no port security/]],
        closes: /openstack network set --enable-port-security n-dev/
      }
    },
    fine: {
      on: a('network'),
      'an external one': a('network', { external: true, portSecurityEnabled: false }),
      'one of no cluster': a('network', { projectId: 'p-else', portSecurityEnabled: false })
    }
  },
  'router-two-clusters': {
    breach: {
      'a cluster’s router on another’s network': {
        is: a('router', {
          id: 'ro',
          interfaces: [
            ...a('router').interfaces,
            {
              portId: 'rp2',
              networkId: 'n-prod',
              networkProjectId: 'p-prod',
              subnetIds: ['s-prod'],
              addresses: ['10.2.0.9']
            }
          ]
        }),
        finds: [['prod', 'dev', /router x of dev has an interface \(10.2.0.9\) on network n-prod of cluster prod/]],
        closes: step('router-interface-remove', 'prod', 'router/ro/s-prod', {
          routerId: 'ro',
          portId: 'rp2',
          subnetId: 's-prod'
        })
      },
      'on a network of no cluster': {
        is: a('router', {
          id: 'ro',
          interfaces: [
            {
              portId: 'rp3',
              networkId: 'n-else',
              networkProjectId: 'p-else',
              subnetIds: ['s'],
              addresses: ['10.9.0.1']
            }
          ]
        }),
        finds: [['dev', 'outside', /of a project of no cluster/]],
        closes: step('router-interface-remove', 'dev', 'router/ro/s', { routerId: 'ro', portId: 'rp3', subnetId: 's' })
      },
      'nobody’s router between two': {
        is: a('router', {
          projectId: 'p-else',
          interfaces: [
            ...a('router').interfaces,
            {
              portId: 'rp2',
              networkId: 'n-prod',
              networkProjectId: 'p-prod',
              subnetIds: ['s'],
              addresses: ['10.2.0.9']
            }
          ]
        }),
        finds: [
          ['dev', 'prod', /of no cluster has an interface/],
          ['prod', 'dev', /of no cluster has an interface/]
        ],
        closes: /the router is no cluster’s/
      }
    },
    fine: {
      'its own networks': a('router'),
      'a network that several may use': a('router', {
        interfaces: [
          ...a('router').interfaces,
          {
            portId: 'rp2',
            networkId: 'n-transfer',
            networkProjectId: 'p-admin',
            subnetIds: ['s'],
            addresses: ['10.9.0.1']
          }
        ]
      }),
      'nobody’s router on one cluster': a('router', { projectId: 'p-else' })
    }
  },
  'port-foreign-network': {
    breach: {
      'a server on another cluster’s network': {
        is: a('port', { id: 'po', networkId: 'n-prod', networkProjectId: 'p-prod', addresses: ['10.2.0.5'] }),
        finds: [['prod', 'dev', /dev-node-1 \(port po\) of dev is on network n-prod of cluster prod \(10.2.0.5\)/]],
        closes: step('server-interface-detach', 'dev', 'server/srv-1/network/n-prod', {
          serverId: 'srv-1',
          portId: 'po',
          networkId: 'n-prod',
          projectId: 'p-dev'
        })
      },
      'by a port that the other cluster made': {
        is: a('port', { id: 'po', projectId: 'p-prod', networkId: 'n-prod', networkProjectId: 'p-prod' }),
        finds: [['prod', 'dev', /of dev is on network n-prod/]],
        closes: { type: 'server-interface-detach', cluster: 'dev', input: { serverId: 'srv-1' } }
      },
      'on a network of no cluster': {
        is: a('port', { networkId: 'n-else', networkProjectId: 'p-else' }),
        finds: [['dev', 'outside', /of a project of no cluster/]],
        closes: { type: 'server-interface-detach', cluster: 'dev' }
      },
      unused: {
        is: a('port', {
          id: 'po',
          networkId: 'n-prod',
          networkProjectId: 'p-prod',
          deviceId: '',
          deviceOwner: '',
          deviceProjectId: null
        }),
        finds: [['prod', 'dev', /port x of dev/]],
        closes: /openstack port delete po/
      },
      'a load balancer’s': {
        is: a('port', {
          networkId: 'n-prod',
          networkProjectId: 'p-prod',
          deviceId: 'lb-1',
          deviceOwner: 'Octavia',
          deviceProjectId: null,
          deviceName: null
        }),
        finds: [['prod', 'dev', /Octavia \(port x\) of dev/]],
        closes: /Octavia lb-1 uses it, which is no server/
      }
    },
    fine: {
      'its own network': a('port'),
      'one that several may use': a('port', { networkId: 'n-transfer', networkProjectId: 'p-admin' }),
      'an external one': a('port', { networkId: 'n-public', networkProjectId: 'p-admin', networkExternal: true }),
      'a router’s': a('port', {
        networkId: 'n-prod',
        networkProjectId: 'p-prod',
        deviceOwner: 'network:router_interface',
        deviceProjectId: null
      }),
      'Octavia’s own servers on a cluster’s network': a('port', {
        projectId: 'p-octavia',
        deviceProjectId: 'p-octavia'
      })
    }
  },
  'port-foreign-group': {
    breach: {
      'of a project of no cluster': {
        is: a('port', {
          id: 'po',
          securityGroups: ['sg-1', 'sg-x'],
          groupsOfOthers: [{ id: 'sg-x', name: 'theirs', projectId: 'p-else' }]
        }),
        finds: [
          ['dev', 'outside', /port x of dev \(dev-node-1\) has security group theirs of a project of no cluster/]
        ],
        closes: step('port-update', 'dev', 'port/po/security-groups', {
          id: 'po',
          set: { securityGroups: ['sg-1'] },
          expects: { securityGroups: ['sg-1', 'sg-x'] }
        })
      },
      'two of another cluster, and none of its own': {
        is: a('port', {
          id: 'po',
          securityGroups: ['sg-x', 'sg-y'],
          groupsOfOthers: [
            { id: 'sg-x', name: '', projectId: 'p-prod' },
            { id: 'sg-y', name: 'y', projectId: 'p-prod' }
          ]
        }),
        finds: [
          ['dev', 'prod', /has security group sg-x of cluster prod/],
          ['dev', 'prod', /has security group y of cluster prod/]
        ],
        closes: { type: 'port-update', cluster: 'dev', input: { set: { securityGroups: [] } } }
      },
      'called as a load balancer’s, on a server': {
        is: a('port', {
          deviceId: 'lb-00000000-0000-4000-8000-000000000001',
          groupsOfOthers: [{ id: 'sg-1', name: 'lb-00000000-0000-4000-8000-000000000001', projectId: 'p-else' }]
        }),
        finds: [['dev', 'outside', /has security group lb-/]],
        closes: { type: 'port-update' }
      },
      'of a project that is not said': {
        is: a('port', { groupsOfOthers: [{ id: 'sg-1', name: '', projectId: null }] }),
        finds: [['dev', 'unknown', /of a project that is not said/]],
        closes: { type: 'port-update' }
      }
    },
    fine: {
      'its own': a('port'),
      'of no cluster': a('port', {
        projectId: 'p-else',
        groupsOfOthers: [{ id: 'sg-1', name: '', projectId: 'p-other' }]
      }),
      'a load balancer’s, of Octavia': a('port', {
        ...{ deviceOwner: 'Octavia', deviceId: 'lb-00000000-0000-4000-8000-000000000001' },
        groupsOfOthers: [{ id: 'sg-1', name: 'lb-00000000-0000-4000-8000-000000000001', projectId: 'p-octavia' }]
      }),
      'a router’s': a('port', {
        deviceOwner: 'network:router_interface',
        groupsOfOthers: [{ id: 'sg-1', name: '', projectId: 'p-else' }]
      })
    }
  },
  'port-security-off': {
    breach: {
      off: {
        is: a('port', { id: 'po', portSecurityEnabled: false, securityGroups: [] }),
        finds: [['dev', 'dev', /port x of dev \(dev-node-1\) has port security off/]],
        closes: step('port-update', 'dev', 'port/po/port-security', {
          id: 'po',
          set: { portSecurityEnabled: true },
          expects: { portSecurityEnabled: false }
        })
      },
      // Whoever owns the network writes that, and nothing is filtered there any more.
      'of a server, and says that it is Neutron’s own': {
        is: a('port', { id: 'po', deviceOwner: 'network:dhcp', deviceProjectId: null, serversBefore: 'compute:az1' }),
        finds: [['dev', 'dev', /it is a server’s \(compute:az1\), and its device_owner says/]],
        closes: step('port-update', 'dev', 'port/po/port-security', {
          id: 'po',
          set: { deviceOwner: 'compute:az1', portSecurityEnabled: true },
          expects: { deviceOwner: 'network:dhcp' }
        })
      }
    },
    fine: {
      on: a('port'),
      'a router’s': a('port', { portSecurityEnabled: false, deviceOwner: 'network:router_interface' }),
      'of no cluster': a('port', { portSecurityEnabled: false, projectId: 'p-else' })
    }
  },
  'port-address-pairs': {
    breach: {
      'any address': {
        is: a('port', {
          id: 'po',
          allowedAddressPairs: [
            { ip: '0.0.0.0/0', mac: null },
            { ip: '10.1.0.100', mac: null }
          ]
        }),
        finds: [['*', 'dev', /may use any address: allowed address pair 0.0.0.0\/0/]],
        closes: step('port-update', 'dev', 'port/po/address-pairs', {
          id: 'po',
          set: { allowedAddressPairs: [{ ip: '10.1.0.100', mac: null }] },
          expects: {
            allowedAddressPairs: [
              { ip: '0.0.0.0/0', mac: null },
              { ip: '10.1.0.100', mac: null }
            ]
          }
        })
      },
      'any address, in halves and in IPv6': {
        is: a('port', { allowedAddressPairs: ['0.0.0.0/1', '128.0.0.0/1', '::/0'].map((ip) => ({ ip, mac: null })) }),
        finds: [
          ['*', 'dev', /0.0.0.0\/1/],
          ['*', 'dev', /128.0.0.0\/1/],
          ['*', 'dev', /::\/0/]
        ],
        closes: { type: 'port-update', input: { set: { allowedAddressPairs: [] } } }
      },
      'an address of another cluster': {
        is: a('port', { allowedAddressPairs: [{ ip: '::ffff:10.2.3.4', mac: null }] }),
        finds: [['prod', 'dev', /may use addresses of prod/]],
        closes: { type: 'port-update' }
      },
      'a range around two clusters': {
        is: a('port', { allowedAddressPairs: [{ ip: '10.0.0.0/8', mac: null }] }),
        finds: [['prod', 'dev', /may use addresses of prod, infra/]],
        closes: { type: 'port-update' }
      }
    },
    fine: {
      'its own range, which is infra’s as well': a('port', {
        allowedAddressPairs: [{ ip: '192.168.0.10', mac: null }]
      }),
      'pods of nobody’s range': a('port', { allowedAddressPairs: [{ ip: '10.244.0.0/16', mac: null }] }),
      'of no cluster': a('port', { projectId: 'p-else', allowedAddressPairs: [{ ip: '0.0.0.0/0', mac: null }] })
    }
  },
  'security-group-open': {
    breach: {
      'IPv4, port 22': {
        is: group(world),
        finds: [['dev', '*', /security group x of dev lets the world in: tcp 22 \(IPv4\) from 0.0.0.0\/0/]],
        closes: ruleDelete('r1', 'dev')
      },
      IPv6: {
        is: group({ ...world, ethertype: 'IPv6', remotePrefix: '::/0' }),
        finds: [['dev', '*', /from ::\/0/]],
        closes: ruleDelete('r1', 'dev')
      },
      'no prefix at all': {
        is: group({ ...world, remotePrefix: null }),
        finds: [['dev', '*', /from anywhere/]],
        closes: ruleDelete('r1', 'dev')
      },
      'two halves': {
        is: group({ ...world, remotePrefix: '0.0.0.0/1' }, { ...world, remotePrefix: '128.0.0.0/1' }),
        finds: [
          ['dev', '*', /0.0.0.0\/1/],
          ['dev', '*', /128.0.0.0\/1/]
        ],
        closes: ruleDelete('r1', 'dev')
      },
      'all ports, among them the public one': {
        is: group({ ...world, portMin: null, portMax: null }),
        finds: [['dev', '*', /tcp \(IPv4\) from/]],
        closes: ruleDelete('r1', 'dev')
      },
      'any protocol': {
        is: group({ ...world, protocol: null, portMin: null, portMax: null }),
        finds: [['dev', '*', /any protocol/]],
        closes: ruleDelete('r1', 'dev')
      },
      'an address group with the world in it': {
        is: group({
          ...world,
          remotePrefix: null,
          remoteAddressGroupId: 'ag',
          remoteAddresses: ['10.9.0.0/16', '0.0.0.0/0']
        }),
        finds: [['dev', '*', /from address group ag/]],
        closes: ruleDelete('r1', 'dev')
      }
    },
    fine: {
      'a public port': group({ ...world, portMin: 443, portMax: 443 }),
      'a public port, by the protocol’s number': group({ ...world, protocol: '6', portMin: 80, portMax: 80 }),
      'what goes out': group({ ...world, direction: 'egress' }),
      'an office': group({ ...world, remotePrefix: '203.0.113.0/24' }),
      'its own members': group({ ...world, remotePrefix: null, remoteGroupId: 'x', remoteGroupProjectId: 'p-dev' }),
      'an empty address group': group({ ...world, remotePrefix: null, remoteAddressGroupId: 'ag' }),
      'of no cluster': { ...group(world), projectId: 'p-else' }
    }
  },
  'security-group-other-cluster': {
    breach: {
      'the very range': {
        is: group({ ...world, remotePrefix: '10.2.0.0/16' }),
        finds: [['dev', 'prod', /lets in addresses of prod: tcp 22 \(IPv4\) from 10.2.0.0\/16/]],
        closes: ruleDelete('r1', 'dev')
      },
      'one address of it': {
        is: group({ ...world, remotePrefix: '10.3.4.5/32' }),
        finds: [['dev', 'infra', /infra/]],
        closes: ruleDelete('r1', 'dev')
      },
      'a range around it': {
        is: group({ ...world, remotePrefix: '10.0.0.0/8' }),
        finds: [['dev', 'prod', /addresses of prod, infra/]],
        closes: ruleDelete('r1', 'dev')
      },
      IPv6: {
        is: group({ ...world, ethertype: 'IPv6', remotePrefix: 'fd00:2::/48' }),
        finds: [['dev', 'prod', /fd00:2::/]],
        closes: ruleDelete('r1', 'dev')
      },
      'an address group': {
        is: group({ ...world, remotePrefix: null, remoteAddressGroupId: 'ag', remoteAddresses: ['10.2.9.0/24'] }),
        finds: [['dev', 'prod', /address group ag/]],
        closes: ruleDelete('r1', 'dev')
      }
    },
    fine: {
      'its own range': group({ ...world, remotePrefix: '10.1.0.0/16' }),
      'its own range, which is infra’s as well': group({ ...world, remotePrefix: '192.168.0.0/25' }),
      'a public port': group({ ...world, portMin: 443, portMax: 443, remotePrefix: '10.2.0.0/16' }),
      'the world is another rule’s business': group(world),
      'what goes out': group({ ...world, direction: 'egress', remotePrefix: '10.2.0.0/16' })
    }
  },
  'security-group-remote-group': {
    breach: {
      'of another cluster': {
        is: group({ remoteGroupId: 'sg-prod', remoteGroupProjectId: 'p-prod' }),
        finds: [['dev', 'prod', /lets in the members of group sg-prod of cluster prod/]],
        closes: ruleDelete('r1', 'dev')
      },
      'of no cluster': {
        is: group({ remoteGroupId: 'sg-else', remoteGroupProjectId: 'p-else' }),
        finds: [['dev', 'outside', /of a project of no cluster/]],
        closes: ruleDelete('r1', 'dev')
      }
    },
    fine: {
      'its own': group({ remoteGroupId: 'x', remoteGroupProjectId: 'p-dev' }),
      'one that is gone': group({ remoteGroupId: 'gone', remoteGroupProjectId: null }),
      'what goes out': group({ direction: 'egress', remoteGroupId: 'sg-prod', remoteGroupProjectId: 'p-prod' })
    }
  },
  'default-group-changed': {
    breach: {
      'one rule more': {
        is: { ...group({ remotePrefix: '203.0.113.0/24' }), name: 'default' },
        finds: [['dev', '*', /the default security group of dev lets in more than its members: tcp 22/]],
        closes: ruleDelete('r1', 'dev')
      },
      'another group': {
        is: { ...group({ remoteGroupId: 'sg-2', remoteGroupProjectId: 'p-dev' }), name: 'default' },
        finds: [['dev', 'dev', /group sg-2/]],
        closes: ruleDelete('r1', 'dev')
      }
    },
    fine: {
      'as Neutron makes it': {
        ...group(
          { direction: 'egress', protocol: null, portMin: null, portMax: null },
          { remoteGroupId: 'x', remoteGroupProjectId: 'p-dev', protocol: null, portMin: null, portMax: null }
        ),
        name: 'default'
      },
      'another group': group({ remotePrefix: '203.0.113.0/24' })
    }
  },
  'floating-ip-pool': {
    breach: {
      'another pool': {
        is: a('floating-ip', { id: 'fip', projectId: 'p-prod', networkId: 'n-legacy', networkName: 'legacy' }),
        finds: [['prod', '*', /floating IP 203.0.113.7 of prod is from legacy; allowed are public/]],
        closes: step('floating-ip-disassociate', 'prod', 'floating-ip/fip', { id: 'fip', portId: 'lb-port' })
      },
      'on no port': {
        is: a('floating-ip', { projectId: 'p-prod', networkName: 'legacy', portId: null }),
        finds: [['prod', '*', /legacy/]],
        closes: /on no port/
      }
    },
    fine: {
      'an allowed one': a('floating-ip', { projectId: 'p-prod' }),
      'a cluster that says nothing': a('floating-ip', { networkName: 'legacy' })
    }
  },
  'floating-ip-on-node': {
    breach: {
      'on a server': {
        is: a('floating-ip', {
          id: 'fip',
          projectId: 'p-prod',
          portId: 'po',
          portProjectId: 'p-prod',
          portDeviceOwner: 'compute:nova',
          serverId: 'srv',
          serverName: 'prod-node-1'
        }),
        finds: [['prod', '*', /server prod-node-1 of prod has floating IP 203.0.113.7/]],
        closes: step('floating-ip-disassociate', 'prod', 'floating-ip/fip', { id: 'fip', portId: 'po' })
      }
    },
    fine: {
      'on a load balancer': a('floating-ip', { projectId: 'p-prod', portProjectId: 'p-prod' }),
      'on no port': a('floating-ip', { projectId: 'p-prod', portId: null, portProjectId: null, portDeviceOwner: '' }),
      'a cluster that may': a('floating-ip', { portDeviceOwner: 'compute:nova', serverId: 'srv', serverName: 's' })
    }
  },
  'floating-ip-across': {
    breach: {
      'of a project of no cluster': {
        is: a('floating-ip', { id: 'fip', projectId: 'p-else' }),
        finds: [['dev', 'outside', /of a project of no cluster is on port lb-port of cluster dev/]],
        closes: step('floating-ip-disassociate', 'dev', 'floating-ip/fip', { id: 'fip', portId: 'lb-port' })
      },
      'of another cluster': {
        is: a('floating-ip', { id: 'fip', projectId: 'p-infra' }),
        finds: [['dev', 'infra', /of cluster infra is on port lb-port of cluster dev/]],
        closes: { type: 'floating-ip-disassociate', cluster: 'dev' }
      }
    },
    fine: {
      'its own': a('floating-ip'),
      'on no port': a('floating-ip', { portId: null, portProjectId: null }),
      'no cluster’s': a('floating-ip', { projectId: 'p-else', portProjectId: 'p-other' })
    }
  },
  'floating-ip-forwarding': {
    breach: {
      'of another cluster’s address': {
        is: a('floating-ip', { id: 'fip', projectId: 'p-infra', portId: null, forwardings: [forwarding()] }),
        finds: [['dev', 'infra', /forwards tcp\/2222 to dev-node-1 of cluster dev, and is of cluster infra/]],
        closes: /openstack floating ip port forwarding delete fip pf/
      },
      'into a project of no cluster': {
        is: a('floating-ip', {
          portId: null,
          forwardings: [forwarding({ portProjectId: 'p-else', serverName: null })]
        }),
        finds: [['dev', 'outside', /to 10.1.0.7 of a project of no cluster, and is of cluster dev/]],
        closes: /for its owner to say/
      },
      'to a port whose project is not said': {
        is: a('floating-ip', { portId: null, forwardings: [forwarding({ portProjectId: null })] }),
        finds: [['dev', 'unknown', /of a project that is not said/]],
        closes: /for its owner to say/
      },
      'to a node behind load balancers': {
        is: a('floating-ip', {
          projectId: 'p-prod',
          portId: null,
          forwardings: [forwarding({ portProjectId: 'p-prod' })]
        }),
        finds: [['prod', '*', /to dev-node-1 of prod; its cluster is behind load balancers/]],
        closes: /for its owner to say/
      },
      'out of another pool': {
        is: a('floating-ip', {
          ...{ projectId: 'p-prod', portId: null, networkId: 'n-back', networkName: 'backdoor' },
          forwardings: [forwarding({ portProjectId: 'p-prod', serverId: null, portDeviceOwner: 'Octavia' })]
        }),
        finds: [['prod', '*', /from backdoor; allowed are public/]],
        closes: /for its owner to say/
      }
    },
    fine: {
      'to its own': a('floating-ip', { portId: null, forwardings: [forwarding()] }),
      'no forwarding': a('floating-ip', { portId: null, projectId: 'p-infra' }),
      'no cluster’s': a('floating-ip', {
        ...{ projectId: 'p-else', portId: null },
        forwardings: [forwarding({ portProjectId: 'p-other' })]
      })
    }
  },
  'volume-transferred': {
    breach: {
      'to another cluster': {
        is: a('volume', { id: 'vol', projectId: 'p-prod', homeProjectId: 'p-dev' }),
        finds: [['dev', 'prod', /volume x was first dev’s and is now of cluster prod/]],
        closes: step('volume-transfer', 'prod', 'volume/vol', {
          volumeId: 'vol',
          fromCluster: 'prod',
          toCluster: 'dev'
        })
      },
      'and offered to the next': {
        is: a('volume', { projectId: 'p-prod', homeProjectId: 'p-dev', status: 'awaiting-transfer' }),
        finds: [['dev', 'prod', /prod/]],
        closes: { type: 'volume-transfer' }
      },
      'and in use there': {
        is: a('volume', { projectId: 'p-prod', homeProjectId: 'p-dev', status: 'in-use', attachedTo: ['srv'] }),
        finds: [['dev', 'prod', /prod/]],
        closes: /the volume is in-use \(attached to srv\): a transfer needs it available/
      },
      'out of all clusters': {
        is: a('volume', { projectId: 'p-else', homeProjectId: 'p-dev' }),
        finds: [['dev', 'outside', /is now of a project of no cluster/]],
        closes: /one of the two projects is no cluster’s/
      }
    },
    fine: {
      'where it was made': a('volume', { homeProjectId: 'p-dev' }),
      'of which nothing is known': a('volume'),
      'no cluster’s': a('volume', { projectId: 'p-else', homeProjectId: 'p-other' })
    }
  },
  'volume-type-foreign': {
    breach: {
      'another cluster’s type': {
        is: a('volume', { id: 'vol', typeName: 'prod-ssd' }),
        finds: [['prod', 'dev', /volume x of dev has type prod-ssd, which is prod’s/]],
        closes: /openstack volume set --type <type> --retype-policy on-demand vol/
      },
      'none of its own': {
        is: a('volume', { typeName: 'scratch' }),
        finds: [['outside', 'dev', /which is none of its own/]],
        closes: /retype/
      },
      'another’s, where it says nothing of its own': {
        is: a('volume', { projectId: 'p-infra', typeName: 'prod-ssd' }),
        finds: [['prod', 'infra', /prod’s/]],
        closes: /retype/
      }
    },
    fine: {
      'its own': a('volume'),
      'one that several may use': a('volume', { typeName: 'standard' }),
      'any, where it says nothing': a('volume', { projectId: 'p-infra', typeName: 'scratch' }),
      'of no type': a('volume', { typeName: null })
    }
  },
  'volume-unencrypted': {
    breach: {
      'not encrypted': {
        is: a('volume', { projectId: 'p-prod', typeName: 'prod-ssd', encrypted: false }),
        finds: [['prod', 'prod', /\(type prod-ssd\) is not encrypted/]],
        closes: /has to be copied/
      }
    },
    fine: { encrypted: a('volume', { projectId: 'p-prod' }), 'where it need not be': a('volume', { encrypted: false }) }
  },
  'volume-multiattach': {
    breach: {
      multiattach: {
        is: a('volume', { multiattach: true, attachedTo: ['s1', 's2'] }),
        finds: [['dev', 'dev', /is multiattach, and attached to 2 servers/]],
        closes: /stays multiattach/
      }
    },
    fine: { usual: a('volume'), 'no cluster’s': a('volume', { projectId: 'p-else', multiattach: true }) }
  },
  'volume-type-access': {
    breach: {
      'another cluster, and a project of none': {
        is: a('volume-type', { access: ['p-dev', 'p-prod', 'p-else'] }),
        finds: [
          ['dev', 'prod', /volume type x of dev may be used by cluster prod \(project p-prod\)/],
          ['dev', 'outside', /project p-else/]
        ],
        closes: step('volume-type-access-remove', 'dev', 'volume-type/t-dev/p-prod', {
          typeId: 't-dev',
          projectId: 'p-prod'
        })
      }
    },
    fine: {
      'its own project': a('volume-type'),
      'one that several may use': a('volume-type', { id: 't-std', access: ['p-dev', 'p-prod'] }),
      'no cluster’s': a('volume-type', { id: 't-else', access: ['p-dev', 'p-prod'] })
    }
  },
  'volume-type-public': {
    breach: {
      public: {
        is: a('volume-type', { public: true, access: [] }),
        finds: [['dev', '*', /volume type x of dev is public/]],
        closes: /openstack volume type set --project p-dev t-dev/
      }
    },
    fine: { private: a('volume-type'), 'for several': a('volume-type', { id: 't-std', public: true }) }
  },
  'volume-type-unencrypted': {
    breach: {
      'without encryption': {
        is: a('volume-type', { id: 't-prod', encrypted: false, access: ['p-prod'] }),
        finds: [['prod', 'prod', /volume type x of prod has no encryption/]],
        closes: /--encryption-provider luks/
      }
    },
    fine: {
      'with it': a('volume-type', { id: 't-prod' }),
      'where it need not be': a('volume-type', { encrypted: false })
    }
  },
  'image-shared': {
    breach: {
      'a snapshot, with another cluster': {
        is: a('image', {
          id: 'im',
          visibility: 'shared',
          snapshot: true,
          members: [{ projectId: 'p-prod', status: 'pending' }]
        }),
        finds: [['dev', 'prod', /snapshot x of dev is shared with cluster prod \(project p-prod, pending\)/]],
        closes: step('image-member-remove', 'dev', 'image/im/p-prod', { imageId: 'im', projectId: 'p-prod' })
      }
    },
    fine: {
      private: a('image'),
      'one that several may use': a('image', {
        id: 'i-debian',
        members: [{ projectId: 'p-prod', status: 'accepted' }]
      }),
      'its own project': a('image', { members: [{ projectId: 'p-dev', status: 'accepted' }] })
    }
  },
  'image-visible': {
    breach: {
      community: {
        is: a('image', { id: 'im', visibility: 'community' }),
        finds: [['dev', '*', /image x of dev is community/]],
        closes: step('image-visibility-set', 'dev', 'image/im', { imageId: 'im', to: 'private', expects: 'community' })
      },
      'public, with members': {
        is: a('image', { id: 'im', visibility: 'public', members: [{ projectId: 'p-dev', status: 'accepted' }] }),
        finds: [['dev', '*', /is public/]],
        closes: { input: { to: 'shared', expects: 'public' } }
      }
    },
    fine: {
      private: a('image'),
      shared: a('image', { visibility: 'shared' }),
      'one that several may use': a('image', { id: 'i-debian', visibility: 'public' }),
      'no cluster’s': a('image', { projectId: 'p-else', visibility: 'public' })
    }
  },
  'project-quota-unlimited': {
    breach: {
      'with a limit to give': {
        is: a('project', { id: 'p-prod', limits: { cores: -1, ram: 1024 } }),
        finds: [['*', 'prod', /project prod of prod has no limit on cores/]],
        closes: step('quota-set-limit', 'prod', 'quota/p-prod/cores', {
          service: 'nova',
          projectId: 'p-prod',
          resource: 'cores',
          to: 200,
          expects: -1
        })
      },
      'of Octavia, where one is named': {
        is: a('project', { id: 'p-prod', limits: { loadbalancer: -1 } }),
        finds: [['*', 'prod', /loadbalancer/]],
        closes: { type: 'quota-set-limit', input: { service: 'octavia', to: 10 } }
      },
      'without one': {
        is: a('project', { limits: { volumes: -1 } }),
        finds: [['*', 'dev', /volumes/]],
        closes: /say which limit it gets: clusters.dev.quota.volumes/
      }
    },
    fine: {
      limited: a('project'),
      'what has no limit by default': a('project', {
        limits: { 'volumes_dev-ssd': -1, subnetpool: -1, loadbalancer: -1 }
      }),
      'no cluster’s': a('project', { id: 'p-else', limits: { cores: -1 } })
    }
  },
  'server-flavor': {
    breach: {
      'another flavor': {
        is: server({ flavor: 'gpu.xl' }),
        finds: [['prod', 'prod', /server x of prod has flavor gpu.xl; allowed are m1.large, m1.xlarge/]],
        closes: quarantine
      }
    },
    fine: { allowed: server({}), 'any, where it says nothing': a('server', { flavor: 'gpu.xl' }) }
  },
  'server-image': {
    breach: {
      'in quarantine already': {
        is: server({ imageId: 'i-x', imageName: 'alpine', status: 'SHUTOFF', locked: true }),
        finds: [['outside', 'prod', /alpine/]],
        closes: /it is locked and stopped already/
      },
      'another image': {
        is: server({ imageId: 'i-x', imageName: 'alpine', imageOwner: 'p-images' }),
        finds: [['outside', 'prod', /from image alpine which is not allowed \(ubuntu-24.04\)/]],
        closes: quarantine
      },
      'another cluster’s image': {
        is: a('server', { id: 'srv', imageId: 'i-x', imageName: 'x', imageOwner: 'p-prod' }),
        finds: [['prod', 'dev', /from image x of prod/]],
        closes: { type: 'server-quarantine', cluster: 'dev' }
      }
    },
    fine: {
      allowed: server({ imageId: 'i-u', imageName: 'ubuntu-24.04', imageOwner: 'p-images' }),
      'one that several may use': server({ imageId: 'i-debian', imageName: 'debian-12' }),
      'from a volume': server({}),
      'its own snapshot': server({ imageId: 'i-snap', imageName: 'snap', imageOwner: 'p-prod' })
    }
  },
  'server-key': {
    breach: {
      'another cluster’s key': {
        is: server({ keyName: 'dev-key' }),
        finds: [['prod', 'dev', /was made with key dev-key, which is dev’s/]],
        closes: quarantine
      }
    },
    fine: { 'its own': server({ keyName: 'prod-key' }), none: server({}), 'nobody’s': server({ keyName: 'petras' }) }
  },
  'application-credential-unrestricted': {
    breach: {
      unrestricted: {
        is: a('application-credential', { id: 'u-dora/ac', unrestricted: true }),
        finds: [['*', 'dev', /application credential x of dora in dev is unrestricted/]],
        closes: step('application-credential-delete', 'dev', 'application-credential/u-dora/ac', {
          userId: 'u-dora',
          id: 'ac'
        })
      }
    },
    fine: {
      restricted: a('application-credential'),
      'an operator’s': a('application-credential', { userId: 'u-root', unrestricted: true }),
      'no cluster’s': a('application-credential', { projectId: 'p-else', unrestricted: true })
    }
  },
  'application-credential-no-expiry': {
    breach: {
      'for ever': {
        is: a('application-credential', { id: 'u-dora/ac', expiresAt: null }),
        finds: [['*', 'dev', /never expires/]],
        closes: step('application-credential-delete', 'dev', 'application-credential/u-dora/ac', {
          userId: 'u-dora',
          id: 'ac'
        })
      }
    },
    fine: {
      'for a time': a('application-credential'),
      'an operator’s': a('application-credential', { userId: 'u-root', expiresAt: null })
    }
  },
  'trust-impersonation': {
    breach: {
      impersonation: {
        is: a('trust', { id: 'tr', impersonation: true }),
        finds: [['*', 'dev', /user u-bot may act as user u-dora in dev for ever/]],
        closes: step('trust-delete', 'dev', 'trust/tr', { id: 'tr' })
      }
    },
    fine: {
      'without it': a('trust'),
      'to an operator (Heat’s user)': a('trust', { trusteeId: 'u-root', impersonation: true }),
      'no cluster’s': a('trust', { projectId: 'p-else', impersonation: true })
    }
  },
  'person-two-clusters': {
    breach: {
      directly: {
        is: a('person', { assignments: [roleOn('p-dev'), roleOn('p-prod')] }),
        finds: [['prod', 'dev', /dora has a role in prod \(member\) and belongs to dev/]],
        closes: step('role-revoke', 'prod', 'person/u-dora', {
          userId: 'u-dora',
          projectId: 'p-prod',
          roleId: 'r-member',
          inherited: false
        })
      },
      'through a group': {
        is: a('person', {
          assignments: [roleOn('p-dev'), roleOn('p-prod', { groupId: 'g1', groupName: 'prod-admins' })]
        }),
        finds: [['prod', 'dev', /through group prod-admins/]],
        closes: step('group-member-remove', 'prod', 'group/g1/u-dora', { groupId: 'g1', userId: 'u-dora' })
      },
      'through a group that gives both': {
        is: a('person', {
          assignments: ['p-dev', 'p-prod'].map((project) => roleOn(project, { groupId: 'g1', groupName: 'all' }))
        }),
        finds: [['prod', 'dev', /through group all/]],
        closes: /group all gives dora other roles as well \(member on project p-dev\)/
      },
      inherited: {
        is: a('person', { assignments: [roleOn('p-prod', { inheritedFrom: { kind: 'project', id: 'p-parent' } })] }),
        finds: [['prod', 'dev', /inherited from project p-parent/]],
        closes: step('role-revoke', 'prod', 'person/u-dora', {
          userId: 'u-dora',
          projectId: 'p-parent',
          roleId: 'r-member',
          inherited: true
        })
      },
      'inherited, and the right one with it': {
        is: a('person', {
          assignments: ['p-dev', 'p-prod'].map((project) =>
            roleOn(project, { inheritedFrom: { kind: 'domain', id: 'd1' } })
          )
        }),
        finds: [['prod', 'dev', /inherited from domain d1/]],
        closes: /the role is inherited from domain d1, which gives dora others as well/
      },
      'of nobody’s admin': {
        is: a('person', { id: 'u-new', name: 'nina', assignments: [roleOn('p-dev'), roleOn('p-prod')] }),
        finds: [
          ['dev', 'prod', /nina has a role in dev \(member\) and one in prod/],
          ['prod', 'dev', /nina has a role in prod \(member\) and one in dev/]
        ],
        closes: /nina is no cluster’s admin/
      }
    },
    fine: {
      'their own cluster': a('person'),
      'an operator': a('person', { id: 'u-root', assignments: [roleOn('p-dev'), roleOn('p-prod')] }),
      'one cluster, listed or not': a('person', { id: 'u-new', assignments: [roleOn('p-prod')] }),
      'a project of no cluster besides': a('person', { assignments: [roleOn('p-dev'), roleOn('p-else')] })
    }
  },
  'admin-granted': {
    breach: {
      'on the project': {
        is: a('person', { assignments: [roleOn('p-dev', { role: 'admin', roleId: 'r-admin' })] }),
        finds: [['*', 'dev', /dora is admin in dev \(admin\) and no operator/]],
        closes: step('role-revoke', 'dev', 'person/u-dora', {
          userId: 'u-dora',
          projectId: 'p-dev',
          roleId: 'r-admin',
          inherited: false
        })
      },
      'by a role that implies it': {
        is: a('person', { assignments: [roleOn('p-dev', { role: 'boss', roleId: 'r-boss', implies: ['admin'] })] }),
        finds: [['*', 'dev', /\(boss\)/]],
        closes: { type: 'role-revoke', input: { roleId: 'r-boss' } }
      },
      'on the domain': {
        is: a('person', { assignments: [assignment({ role: 'admin', projectId: null, domainId: 'd1' })] }),
        finds: [['*', 'dev', /admin in the domain of dev/]],
        closes: { type: 'role-revoke', cluster: null, input: { domainId: 'd1' } }
      },
      'on any other project': {
        is: a('person', { assignments: [roleOn('p-else', { role: 'admin', roleId: 'r-admin' })] }),
        finds: [['*', '*', /admin in project p-else/]],
        closes: { type: 'role-revoke', cluster: null, input: { projectId: 'p-else' } }
      }
    },
    fine: {
      'another role': a('person'),
      'a service’s user on its own project': a('person', {
        id: 'u-nova',
        assignments: [roleOn('p-service', { role: 'admin' })]
      }),
      'an operator': a('person', { id: 'u-root', assignments: [roleOn('p-dev', { role: 'admin' })] })
    }
  },
  'system-role': {
    breach: {
      'on the system': {
        is: a('person', { assignments: [assignment({ role: 'reader', projectId: null, system: true })] }),
        finds: [['*', '*', /dora has a role on the system \(reader\)/]],
        closes: step('role-revoke', null, 'person/u-dora', {
          userId: 'u-dora',
          system: true,
          roleId: 'r-member',
          inherited: false
        })
      },
      'through a group': {
        is: a('person', { assignments: [assignment({ projectId: null, system: true, groupId: 'g1' })] }),
        finds: [['*', '*', /through group g1/]],
        closes: step('group-member-remove', null, 'group/g1/u-dora', { groupId: 'g1', userId: 'u-dora' })
      }
    },
    fine: {
      none: a('person'),
      'an operator': a('person', { id: 'u-root', assignments: [assignment({ projectId: null, system: true })] })
    }
  },
  'mapping-gives-back': {
    breach: {
      'two clusters at once': {
        is: a('mapping', {
          gives: [
            { project: 'dev', group: null, roles: ['member'] },
            { project: 'p-prod', group: null, roles: ['member'] }
          ]
        }),
        finds: [['dev', '*', /mapping x gives roles in dev and prod/]],
        closes: /change the mapping/
      },
      'an admin role': {
        is: a('mapping', { gives: [{ project: 'dev', group: null, roles: ['admin'] }] }),
        finds: [['dev', '*', /gives an admin role in dev/]],
        closes: /change the mapping/
      },
      'whatever is claimed': {
        is: a('mapping', { fromClaims: true }),
        finds: [['*', '*', /takes projects or groups from claims/]],
        closes: /change the mapping/
      }
    },
    fine: {
      'one cluster': a('mapping', { gives: [{ project: 'dev', group: null, roles: ['member'] }] }),
      'another project': a('mapping', { gives: [{ project: 'else', group: null, roles: ['admin'] }] })
    }
  }
}

const settings = settingsOf()
const three = worldOf(matrix, settings)

for (const rule of rules) {
  t.test(rule.name, async (t) => {
    const { breach, fine } = cases[rule.name]!
    for (const [name, { is, finds, closes }] of Object.entries(breach)) {
      const facts = asked(rule).judge(is as never, three)
      t.match(
        facts.map(({ from, to, summary }) => [from, to, summary]),
        finds.map((one) => [...one]),
        name
      )
      t.equal(facts.length, finds.length, `${name}: nothing else`)
      t.equal(new Set(facts.map((fact) => fact.detail)).size, facts.length, `${name}: each by a detail of its own`)
      const closed = asked(rule).close(is as never, facts[0]!, three, facts)
      if (closes instanceof RegExp) t.match(closed, { none: closes }, `${name}: why nothing closes it`)
      else t.match(closed, [closes], `${name}: what closes it`)
    }
    for (const [name, is] of Object.entries(fine))
      t.strictSame(asked(rule).judge(is as never, three), [], `fine: ${name}`)
  })
}

t.test('every rule has cases of both sorts, and there are cases of rules only', async (t) => {
  t.strictSame(Object.keys(cases).sort(), rules.map((rule) => rule.name).sort())
  for (const [name, { breach, fine }] of Object.entries(cases))
    t.ok(Object.keys(breach).length > 0 && Object.keys(fine).length > 0, name)
})

t.test('every rule says what it is about, and the page shows it', async (t) => {
  for (const rule of rules) {
    t.match(rule.name, /^[a-z]+(-[a-z]+)+$/)
    for (const key of ['what', 'why', 'proof', 'remedy', 'undo'] as const)
      t.ok(rule[key].length > 0, `${rule.name}: ${key}`)
    t.ok(rule.what.length > 20 && rule.why.length > 20, rule.name)
  }
  t.equal(new Set(rules.map((rule) => rule.name)).size, rules.length)
  const page = readFileSync(new URL('../../../docs/policies/isolation.md', import.meta.url), 'utf8')
  t.ok(
    page.includes(docsTable()),
    'docs/policies/isolation.md has another table: node test/policies/isolation/table.ts'
  )
})

t.test('a port that any rule of a cluster opens is seen by all of them', async (t) => {
  const rule = groupRule({ ...world, id: 'r1' })
  const found = judge({ ...a('security-group', { rules: [rule] }), name: 'default' }, three).found
  t.strictSame(
    found.map(({ rule, fact }) => `${rule.name} ${fact.detail}`),
    ['default-group-changed r1', 'security-group-open r1']
  )
})
