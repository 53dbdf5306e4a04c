import type { Pod, Workload } from '../../../clients/kubernetes/kubernetes.ts'
import { type AskedCommit, commitOfImage, shortCommit } from '../../../core/commit.ts'

/** What a rollout put in place of what was there. */
export interface Replaced {
  /** e.g. `3 pods replaced, revision 7, registry.example.org/apps/erpnext:1f2e3d4`. */
  readonly sentence: string
  /** It runs another commit than the event asked for, and says so. */
  readonly wrong: boolean
}

/** Finds what replaced the pods. `fresh`: the pods that were made since; null where they could not be read. */
export function replacedBy(workload: Workload, fresh: readonly Pod[] | null, asked: AskedCommit | undefined): Replaced {
  const { desired, partition, revision } = workload
  const running = (fresh ?? []).flatMap((one) => one.images)
  const images = [...new Set(running.length > 0 ? running : workload.images)].sort()
  const pods = desired - partition
  const kept = partition > 0 ? ` (partition ${partition} keeps the others)` : ''
  const said = [`${pods} ${pods === 1 ? 'pod' : 'pods'} replaced${kept}`]
  if (revision !== null) said.push(`revision ${revision}`)
  if (images.length > 0) said.push(images.join(' and '))
  const { sentence, wrong } = compare(images, asked)
  return { sentence: said.join(', ') + sentence, wrong }
}

function compare(images: readonly string[], asked: AskedCommit | undefined): Replaced {
  if (asked === undefined) return { sentence: '', wrong: false }
  if ('none' in asked) return { sentence: `; ${asked.none}`, wrong: false }
  const commits = images.map((image) => commitOfImage(image, asked))
  const sha = shortCommit(asked.sha)
  if (commits.includes('same')) return { sentence: `; of commit ${sha}, as asked for`, wrong: false }
  if (commits.includes('another')) return { sentence: `; not of commit ${sha}, which was asked for`, wrong: true }
  return { sentence: `; whether that is commit ${sha} the image does not tell`, wrong: false }
}
