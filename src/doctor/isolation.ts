import { createIsolation, type IsolationClients } from '../clients/cloud/isolation.ts'
import { createQuotas } from '../clients/cloud/quotas.ts'
import { OpenStackError } from '../clients/openstack/openstack-error.ts'
import { matrixOf } from '../policies/isolation/policy.ts'
import { loadIsolationMatrix } from '../policies/isolation/questions/matrix.ts'
import type { MatrixTools } from '../policies/isolation/questions/ranges.ts'
import type { IsolationSettings } from '../policies/isolation/settings.ts'
import type { ClusterClients } from '../policies/shared/tools.ts'
import { inspectJournal } from '../store/open.ts'
import { authenticated, each, ownEntry } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'
import type { CheckedEntry } from './target.ts'

/** Does the entry of `isolation` see all that it judges, and is everything there that the matrix names? Nothing is changed. */
export const isolationCheck: DoctorCheck = {
  name: 'isolation',
  examine: ({ isolation: instances, now, journalPath }) =>
    each(instances, async (instance): Promise<readonly DoctorFinding[]> => {
      const { settings } = instance
      const [entries, entry] = [await authenticated(instance), await ownEntry(instance)]
      if (entry === null) return []
      const clients = createIsolation(entry.cloud, createQuotas(entry.cloud), now)
      const clusters = await clustersOf(settings, entries)
      const seen = await Promise.all([
        ...clusters.map((cluster) => projectSeen(cluster, entry, clients)),
        ...reads(entry, clients, clusters).map((one) => readable(one))
      ])
      const findings = seen.flat()
      // Who does not see the projects finds none of the names either: that is said already.
      if (findings.some(({ level }) => level === 'failure')) return findings
      const from = { entry, journalPath }
      return [...findings, ...operators(settings), ...(await matrix(settings, clients, clusters, from))]
    })
}

interface Member {
  readonly name: string
  readonly entry: CheckedEntry
  readonly projectId: string
  readonly projectName: string
}

async function clustersOf(
  { clusters }: IsolationSettings,
  entries: readonly CheckedEntry[]
): Promise<readonly Member[]> {
  const found = await Promise.all(
    Object.keys(clusters).map(async (name) => {
      const entry = entries.find((one) => one.clusters.includes(name))
      if (entry === undefined) return []
      const { cloud } = entry
      return [{ name, entry, projectId: await cloud.projectId(), projectName: await cloud.projectName() }]
    })
  )
  return found.flat()
}

const asAdmin = ({ name }: CheckedEntry) =>
  `give the user of '${name}' the role admin (or, while isolation only observes, one whose policies read all projects)`

/** Neutron leaves out what one may not see, without a word: so what the cluster itself sees is counted. */
async function projectSeen(
  { name, ...own }: Member,
  entry: CheckedEntry,
  { network }: IsolationClients
): Promise<DoctorFinding[]> {
  const about = `project of ${name} through cloud entry ${entry.name}`
  const query = { project_id: own.projectId, fields: 'id' }
  const body = (await own.entry.cloud.request('network', 'GET', '/networks', { query })).body
  const mine = (body as { networks?: readonly unknown[] }).networks?.length ?? 0
  const seen = await network.listNetworks({ by: { project_id: own.projectId } })
  if (seen.length >= mine) return [ok(about, `${seen.length} of its ${mine} networks are seen`)]
  return [failing(about, `only ${seen.length} of its ${mine} networks are seen`, asAdmin(entry))]
}

interface Read {
  readonly what: string
  readonly remedy: string
  /** What cannot be judged without it, where the rest can. */
  readonly without?: string
  ask(): Promise<unknown>
}

function reads(entry: CheckedEntry, clients: IsolationClients, [first]: readonly Member[]): readonly Read[] {
  const { identity, compute, images, storage, has } = clients
  const { name } = entry
  if (first === undefined) return []
  const { projectId } = first
  const remedy = asAdmin(entry)
  return [
    {
      what: `role assignments of ${first.name}`,
      remedy,
      ask: () => identity.listAssignments({ projectId, effective: true })
    },
    {
      what: 'role assignments of the system',
      remedy: `openstack role add --user <user of '${name}'> --system all reader`,
      ask: () => identity.listAssignments({ system: true, effective: false })
    },
    { what: 'users and groups', remedy, ask: () => identity.listUsers({ name: 'admin' }) },
    { what: `servers of ${first.name} (all_tenants)`, remedy, ask: () => compute.listServers(projectId) },
    { what: `images of ${first.name}`, remedy, ask: () => images.listImages(projectId) },
    {
      what: `volumes of ${first.name} (all_tenants)`,
      remedy,
      ask: async () => ((await has('block-storage')) ? storage.listVolumes(projectId) : [])
    },
    {
      what: 'trusts',
      without: 'trust-impersonation judges nothing',
      remedy: `Keystone tells them to no application credential: give the entry '${name}' a user and password`,
      ask: () => identity.listTrusts()
    },
    {
      what: 'federation mappings',
      without: 'mapping-gives-back judges nothing',
      remedy: `let the user of '${name}' read them (identity:list_mappings)`,
      ask: () => identity.listMappings()
    }
  ].map((one) => ({ ...one, what: `${one.what} through cloud entry ${name}` }))
}

async function readable({ what, remedy, without, ask }: Read): Promise<DoctorFinding[]> {
  try {
    await ask()
    return [ok(what, 'may be read')]
  } catch (error) {
    const { message } = error as Error
    const refused = error instanceof OpenStackError && error.status === 403
    if (refused && without !== undefined) return [warning(what, `${message}: ${without}`, remedy)]
    return [
      failing(what, message, refused ? remedy : 'mend this first: a sweep that does not see everything finds nothing')
    ]
  }
}

function operators({ operators: listed, cloud }: IsolationSettings): readonly DoctorFinding[] {
  if (listed.length > 0) return []
  return [
    warning(
      'operators of isolation',
      'none is listed: everybody with admin is a finding, and nobody’s role is revoked',
      `list the admins of the OpenStack and its service users (nova, octavia …), and the user of the entry ${cloud}, under policies.isolation.settings.operators`
    )
  ]
}

async function matrix(
  settings: IsolationSettings,
  clients: IsolationClients,
  clusters: readonly Member[],
  { entry, journalPath }: { readonly entry: CheckedEntry; readonly journalPath: string }
): Promise<readonly DoctorFinding[]> {
  const tools = {
    isolation: async () => clients,
    cloud: async () => ({ projectId: await entry.cloud.projectId() }),
    // Of the clusters' clients the question uses what a member has.
    clusters: async () => clusters as unknown as ClusterClients[],
    journal: remembered(journalPath),
    now: Date.now
  }
  const { unresolved, doubts = [], ...found } = await loadIsolationMatrix(matrixOf(settings), tools, 0)
  const correct = 'correct it under policies.isolation.settings: until then nothing is cut off, only told'
  const alone =
    'correct it under policies.isolation.settings: until then this entry counts for nothing, and the others go on'
  const wrong = [
    ...unresolved.map((sentence) => failing('matrix of isolation', sentence, correct)),
    ...doubts.map(({ why }) => failing('matrix of isolation', why, alone))
  ]
  if (wrong.length > 0) return wrong
  const networks = found.clusters.reduce((sum, one) => sum + one.networkIds.length, 0)
  return [ok('matrix of isolation', `every name is found: ${found.clusters.length} clusters, ${networks} networks`)]
}

/** What the product has found names to be; the doctor writes nothing down. */
function remembered(path: string): MatrixTools['journal'] {
  const namePins = async (prefix: string) => {
    try {
      return (await inspectJournal(path, (journal) => journal.namePins(prefix))) ?? []
    } catch {
      // A journal of an older version has none, and what is wrong with it is told by its own check.
      return []
    }
  }
  return { namePins, pinNames: async () => [], events: async () => [] }
}
