import { act, modeOn, skip } from '../../core/policy.ts'
import { definePolicy, forEachOpenstack } from '../shared/define-policy.ts'
import { resourceId } from '../shared/resource-id.ts'
import { floatingIpRelease } from './actions/floating-ip-release.ts'
import { judge } from './judge.ts'
import { lanesOf, readLane } from './lanes.ts'
import { subjectQuestion } from './questions/subject.ts'
import { worldQuestion } from './questions/world.ts'
import { checkSettings, type Placed, settingsSchema } from './settings.ts'
import { compareWorld } from './sweep.ts'

/**
 * Tells what nobody seems to use: servers in ERROR or SHUTOFF, volumes and floating IPs attached to nothing, for longer than
 * configured. A lane is one resource. Floating IPs are released where the settings say so.
 */
export const serverHygiene = forEachOpenstack('server-hygiene', (name) =>
  definePolicy({
    name,
    kind: 'reconcile',
    tells: 'low',
    settings: settingsSchema,
    complete: ({ clusters, modes }) => ({
      placed: Object.fromEntries(
        clusters.map(({ name, tier }): [string, Placed] => [name, { tier, mode: modeOn(modes, name) }])
      )
    }),
    questions: [subjectQuestion, worldQuestion],
    actions: [floatingIpRelease],
    check: checkSettings,
    quietMs: 100,
    maxMs: 1000,
    lanes: lanesOf,

    needs: ({ key }, { keep }) => ({ found: subjectQuestion({ policy: name, ...readLane(key), keep }) }),

    decide({ key }, { found }, settings) {
      const { subject, reason, now } = found
      if (subject === null) return skip(reason ?? 'it does not exist', { breaches: [] })
      const judged = judge(subject, settings, now)
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
      return act(judged.reason, [step], { ...more, ...(controlled && { atMost: 'approve' as const }) })
    },

    sweep: {
      needs: ({ keep }) => ({ world: worldQuestion({ policy: name, keep }) }),
      compare: ({ world }, settings) => compareWorld(world, settings)
    }
  })
)
