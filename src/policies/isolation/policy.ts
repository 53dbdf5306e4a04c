import { type Decision, skip } from '../../core/policy.ts'
import { definePolicy, forEachOpenstack } from '../shared/define-policy.ts'
import { closing, opening } from './actions/index.ts'
import { bareNames } from './bare-names.ts'
import { checkIsolationSettings } from './checks.ts'
import { decideSubject } from './decide.ts'
import { isolationLanesOf } from './lanes.ts'
import { readLane } from './naming.ts'
import { knownQuestion } from './questions/known.ts'
import { matrixQuestion } from './questions/matrix.ts'
import type { MatrixParams } from './questions/matrix-params.ts'
import { subjectQuestion } from './questions/subject.ts'
import type { GroupSubject } from './questions/subjects.ts'
import { isolationWorldQuestion } from './questions/world.ts'
import { type IsolationSettings, isolationSettingsSchema, isolationSurroundings } from './settings.ts'
import { compareSubjects } from './sweep.ts'
import { worldOf } from './world.ts'

/**
 * Keeps clusters apart: whatever opens one to another is found when it is made, and closed. A lane is one resource
 * (`security-group:<id>`), judged by every rule of its kind; the lane of a group only hints at its members.
 */
export const isolation = forEachOpenstack('isolation', (policyName) =>
  definePolicy({
    name: policyName,
    kind: 'reconcile',
    settings: isolationSettingsSchema,
    complete: isolationSurroundings,
    questions: [subjectQuestion, matrixQuestion, knownQuestion, isolationWorldQuestion],
    actions: closing,
    inverses: opening,
    check: checkIsolationSettings,
    idle: bareNames,
    through: ({ clusters }) => [{ part: 'it', clusters: Object.keys(clusters) }],
    quietMs: 20,
    maxMs: 250,
    lanes: isolationLanesOf,

    needs(lane, settings) {
      const { kind, id } = readLane(lane.key)
      const subject = subjectQuestion({ cloud: settings.cloud, kind, id })
      if (kind === 'group') return { subject }
      const known = knownQuestion({ policy: policyName, lane: lane.key })
      return { subject, matrix: matrixQuestion(matrixOf(settings)), known }
    },

    decide(lane, { subject, matrix, known }, settings) {
      if (subject === null) return skip(`${lane.key.replace(':', ' ')} does not exist any more`, { breaches: [] })
      if (subject.kind === 'group') return lookAtMembers(subject)
      return decideSubject(subject, known!, worldOf(matrix!, settings, policyName))
    },

    sweep: {
      needs: (settings) => ({ world: isolationWorldQuestion({ policy: policyName, ...matrixOf(settings) }) }),
      compare: (answers, settings) => compareSubjects(answers.world, settings, policyName)
    }
  })
)

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

/** Selects what of the settings has to be found in the services. */
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
