import { type Decision, type Policy, skip } from '../../core/policy.ts'
import { bareNames } from './bare-names.ts'
import { checkSettings } from './checks.ts'
import { decideSubject } from './decide.ts'
import { lanesOf } from './lanes.ts'
import { readLane } from './naming.ts'
import { isolationWorldQuery, knownQuery, type MatrixParams, matrixQuery, subjectQuery } from './questions/queries.ts'
import type { GroupSubject, IsolationWorldAnswer, KnownBreach, MatrixAnswer, Subject } from './questions/subjects.ts'
import { type IsolationSettings, settingsSchema } from './settings.ts'
import { compareWorld } from './sweep.ts'
import { worldOf } from './world.ts'

/**
 * Keeps clusters apart: whatever opens one to another is found when it is made, and closed. A lane is one resource
 * (`security-group:<id>`), judged by every rule of its kind; the lane of a group only hints at its members.
 */
const isolationAs = (policyName: string): Policy<IsolationSettings> => ({
  name: policyName,
  as: isolationAs,
  kind: 'reconcile',
  settings: settingsSchema,
  actions: [
    'rbac-policy-delete',
    'network-unshare',
    'router-interface-remove',
    'port-update',
    'server-interface-detach',
    'security-group-rule-delete',
    'floating-ip-disassociate',
    'server-quarantine',
    'volume-transfer',
    'volume-type-access-remove',
    'image-member-remove',
    'image-visibility-set',
    'role-revoke',
    'group-member-remove',
    'application-credential-delete',
    'trust-delete',
    'quota-set-limit'
  ],
  check: checkSettings,
  idle: bareNames,
  quietMs: 20,
  maxMs: 250,
  lanes: lanesOf,

  needs(lane, settings) {
    const { kind, id } = readLane(lane.key)
    const subject = subjectQuery(settings.cloud, kind, id)
    if (kind === 'group') return { subject }
    return { subject, matrix: matrixQuery(matrixOf(settings)), known: knownQuery(policyName, lane.key) }
  },

  decide(lane, answers, settings) {
    const subject = answers.subject as unknown as Subject | null
    if (subject === null) return skip(`${lane.key.replace(':', ' ')} does not exist any more`, { breaches: [] })
    if (subject.kind === 'group') return lookAtMembers(subject)
    const world = worldOf(answers.matrix as unknown as MatrixAnswer, settings, policyName)
    return decideSubject(subject, answers.known as unknown as readonly KnownBreach[], world)
  },

  sweep: {
    needs: (settings) => ({ world: isolationWorldQuery(policyName, matrixOf(settings)) }),
    compare: (answers, settings) => compareWorld(answers.world as unknown as IsolationWorldAnswer, settings, policyName)
  }
})

/** `isolation` itself, by that name. */
export const isolation: Policy<IsolationSettings> = isolationAs('isolation')

/** Keystone does not say who came or went: everybody who is in the group is looked at, who left by the next sweep. */
function lookAtMembers({ id, name, members }: GroupSubject): Decision {
  const hints = [...members].sort().map((member) => ({
    lane: `person:${member}`,
    reason: `group ${name || id}, or a role of it, changed`,
    resources: [`person/-/${member}`]
  }))
  const reason = `group ${name || id} has ${members.length === 1 ? '1 member' : `${members.length} members`}: a look at each`
  return skip(reason, { hints, resources: [`group/-/${id}`], breaches: [] })
}

/** What of the settings has to be found in the services. */
export function matrixOf({ cloud, clusters, shared, operators }: IsolationSettings): MatrixParams {
  const { networks, volumeTypes, images } = shared
  return {
    cloud,
    clusters: Object.fromEntries(
      Object.entries(clusters).map(([name, { networks, volumeTypes, admins, images, floatingPools }]) => [
        name,
        { networks: networks ?? null, volumeTypes, admins, images, floatingPools }
      ])
    ),
    shared: { networks, volumeTypes, images },
    operators
  }
}
