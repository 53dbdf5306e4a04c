import { modeOn, planSteps, skip } from '../../core/policy.ts'
import { definePolicy, forEachOpenstack } from '../shared/define-policy.ts'
import { resourceId } from '../shared/resource-id.ts'
import { floatingIpRelease } from './actions/floating-ip-release.ts'
import { judgeIdle } from './judge.ts'
import { hygieneLanes, laneParts } from './lanes.ts'
import { hygieneSubjectQuestion } from './questions/subject.ts'
import { hygieneWorldQuestion } from './questions/world.ts'
import { checkHygiene, hygieneSchema, type Placed } from './settings.ts'
import { compareHygiene } from './sweep.ts'

/**
 * Tells what nobody seems to use: servers in ERROR or SHUTOFF, volumes and floating IPs attached to nothing, for longer than
 * configured. A lane is one resource. Floating IPs are released where the settings say so.
 */
export const serverHygiene = forEachOpenstack('server-hygiene', (name) =>
  definePolicy({
    name,
    kind: 'reconcile',
    tells: 'low',
    settings: hygieneSchema,
    complete: ({ clusters, modes }) => ({
      placed: Object.fromEntries(
        clusters.map(({ name, tier }): [string, Placed] => [name, { tier, mode: modeOn(modes, name) }])
      )
    }),
    questions: [hygieneSubjectQuestion, hygieneWorldQuestion],
    actions: [floatingIpRelease],
    check: checkHygiene,
    quietMs: 100,
    maxMs: 1000,
    lanes: hygieneLanes,

    needs: ({ key }, { keep }) => ({ found: hygieneSubjectQuestion({ policy: name, ...laneParts(key), keep }) }),

    decide({ key }, { found }, settings) {
      const { subject, reason, now } = found
      if (subject === null) return skip(reason ?? 'it does not exist', { breaches: [] })
      const judged = judgeIdle(subject, settings, now)
      const more = {
        resources: [key],
        // Where nobody knows, what was found before stays as it is.
        ...(judged.breach !== undefined && { breaches: judged.breach === null ? [] : [judged.breach] }),
        ...(judged.againAt !== null && { againAt: judged.againAt })
      }
      if (!judged.release) return skip(judged.reason, more)
      const { project, cluster, id, name: address } = subject
      const { release } = settings.floatingIps
      const step = floatingIpRelease.request({
        cluster,
        target: resourceId('floatingip', project, id),
        scope: `floatingip/${project}`,
        input: { policy: name, project, id, address, release, keep: settings.keep }
      })
      const controlled = settings.placed?.[cluster]?.tier === 'change-controlled'
      return planSteps(judged.reason, [step], { ...more, ...(controlled && { atMost: 'approve' as const }) })
    },

    sweep: {
      needs: ({ keep }) => ({ world: hygieneWorldQuestion({ policy: name, keep }) }),
      compare: ({ world }, settings) => compareHygiene(world, settings)
    }
  })
)
