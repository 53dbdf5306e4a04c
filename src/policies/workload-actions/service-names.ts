import type { Config } from '../../config/config.ts'
import { instancesOf } from '../shared/instances-of.ts'
import { workloadActions } from './policy.ts'

/** Services that people may ask to restart; null where `workload-actions` is not configured. */
export function serviceNames({ policies }: Pick<Config, 'policies'>): readonly string[] | null {
  const [found] = instancesOf(workloadActions, policies)
  return found === undefined ? null : Object.keys(found.settings.services)
}
