import { api } from './api.ts'
import { clouds } from './clouds.ts'
import { conditions } from './conditions.ts'
import { configuration } from './configuration.ts'
import { gitlab } from './gitlab.ts'
import { rows } from './journal.ts'
import { openstack } from './openstack.ts'
import { slack } from './slack.ts'
import type { Target } from './target.ts'

/** Everything that reads what strangers write. */
export const targets = [openstack, gitlab, slack, api, configuration, clouds, conditions, rows] as readonly Target[]
