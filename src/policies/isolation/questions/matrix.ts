import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { ImageWall } from '../../../clients/glance/isolation.ts'
import { boundName, isId } from '../../../core/bound-name.ts'
import type { NamePin } from '../../../store/policy-rows.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { ClusterClients } from '../../shared/tools.ts'
import type { MatrixParams } from './matrix-params.ts'
import { createNameResolver, type NameResolver } from './names.ts'
import type { MatrixTools } from './ranges.ts'
import { rangesOf } from './ranges.ts'
import { distinct } from './reading.ts'
import type { Doubt, MatrixAnswer, MatrixCluster, Named } from './subjects.ts'
import { findUser } from './users.ts'

/** It takes a second or so to read, which nobody whose breach is to be closed should wait for. */
const renewMs = 15_000
const oldestMs = 60_000

/**
 * Answers `isolation-matrix`; rejects while anything of it cannot be read. Up to a minute old, and read again meanwhile, so that
 * neither a storm of events nor the first of them waits for it; only `now` never is old. `atMostMs` 0 reads it now.
 */
export async function loadIsolationMatrix(
  params: MatrixParams,
  tools: MatrixTools,
  atMostMs = oldestMs
): Promise<MatrixAnswer> {
  const { renewed } = await tools.isolation(params.cloud)
  const key = `matrix ${JSON.stringify(params)}`
  const matrix = await renewed(key, () => readMatrix(params, tools), renewMs, atMostMs)
  return { ...matrix, now: tools.now() }
}

/** Under which the journal has what names of the settings on this cloud are. */
const pinsOf = (cloud: string): string => `isolation/${cloud}/`

async function readMatrix(params: MatrixParams, tools: MatrixTools): Promise<Omit<MatrixAnswer, 'now'>> {
  const prefix = `${pinsOf(params.cloud)}names/`
  const known = await tools.journal.namePins(prefix)
  const names = createNameResolver(known, prefix)
  const matrix = await readWith(params, tools, names, known)
  const same = (pin: Pick<NamePin, 'key' | 'id' | 'trouble'>) =>
    known.some((one) => one.key === pin.key && one.id === pin.id && one.trouble === pin.trouble)
  const over = known.some((one) => one.trouble !== null && !names.pins.some(({ key }) => key === one.key))
  if (!over && names.pins.every(same)) return matrix
  const now = await tools.journal.pinNames(prefix, names.pins)
  // Somebody else looked at the same moment and saw another one first: theirs stays.
  const lost = names.pins.some(({ key, id }) => id !== null && now.some((one) => one.key === key && one.id !== id))
  return lost ? readMatrix(params, tools) : matrix
}

async function readWith(
  params: MatrixParams,
  tools: MatrixTools,
  names: NameResolver,
  known: readonly NamePin[]
): Promise<Omit<MatrixAnswer, 'now'>> {
  const unresolved: string[] = []
  const [clients, all] = await Promise.all([tools.isolation(params.cloud), tools.clusters()])
  const named = Object.entries(params.clusters).flatMap(([name, settings]) => {
    const cluster = all.find((one) => one.name === name)
    if (cluster === undefined) unresolved.push(`clusters.${name}: no cluster is called so`)
    return cluster === undefined ? [] : [{ cluster, settings }]
  })
  const written = [
    ...named.flatMap(({ settings }) => textsOf(settings)),
    ...params.shared.networks,
    ...params.shared.images
  ]
  // What administrators share is often their own: the entry's name is that of its project. A cluster comes first.
  const admins = written.some((text) => text.startsWith(`${params.cloud}/`)) ? [await tools.cloud(params.cloud)] : []
  const projects = new Map([
    ...admins.map(({ projectId }) => [params.cloud, projectId] as const),
    ...all.map((one) => [one.name, one.projectId] as const)
  ])
  const read = (text: string) => {
    const { owner, name } = boundName(text, [...projects.keys()])
    return { name, owner: owner === null ? null : (projects.get(owner) ?? owner) }
  }
  const ourProjects = distinct(named.map(({ cluster }) => cluster.projectId))
  const texts = distinct([
    ...named.flatMap(({ settings }) => [...(settings.networks ?? []), ...(settings.floatingPools ?? [])]),
    ...params.shared.networks
  ])
  const { network, storage } = clients
  const pinned = known.flatMap(({ id }) => (id !== null && isId(id) ? id : []))
  const [own, withName, withId, types] = await Promise.all([
    network.listNetworks({ by: { project_id: ourProjects } }),
    network.listNetworks({ by: { name: distinct(texts.map((text) => read(text).name)) } }),
    network.listNetworks({ by: { id: distinct([...texts.filter(isId), ...(texts.length > 0 ? pinned : [])]) } }),
    volumeTypesNamed(params, clients)
  ])
  const candidates = [...new Map([...own, ...withName, ...withId].map((one) => [one.id, one])).values()]
  // Asked for by our projects: one that names none is one of ours all the same, and nobody knows whose.
  const unsaid = candidates.flatMap((one) =>
    (one.unsaid ?? []).map((field) => `Neutron does not say ${field} of network ${one.id}`)
  )
  const networkIds = new Map(
    named.map(({ cluster, settings }) => [cluster.name, ownNetworks(cluster, settings.networks)])
  )
  const operators = await usersOf(params.operators, null, 'operators')
  const ranges = await rangesOf(
    named.map(({ cluster, settings }) => ({
      ...{ name: cluster.name, projectId: cluster.projectId, written: settings.networks !== null },
      networks: candidates.filter(({ id }) => networkIds.get(cluster.name)!.includes(id)),
      others: own.filter(
        ({ id, projectId, external }) =>
          projectId === cluster.projectId && !external && !networkIds.get(cluster.name)!.includes(id)
      )
    })),
    operators,
    clients,
    tools.journal
  )
  const clusters = await Promise.all(
    named.map(async ({ cluster, settings }): Promise<MatrixCluster> => {
      const { name, projectId, projectName } = cluster
      const project = await clients.detail(`project ${projectId}`, () => clients.identity.getProject(projectId))
      if (project === null) unresolved.push(`clusters.${name}: cloud ${params.cloud} has no project ${projectId}`)
      else if (project.domainId === null)
        unresolved.push(`clusters.${name}: Keystone does not say the domain of project ${projectId}`)
      const domainId = project?.domainId ?? null
      return {
        ...{ name, projectId, projectName, domainId, networkIds: networkIds.get(name)! },
        ...ranges.get(name)!,
        volumeTypes: typesOf(settings.volumeTypes, `clusters.${name}.volumeTypes`),
        // A bare name is of the project's domain: without that it is nobody's.
        admins: domainId === null ? [] : await usersOf(settings.admins, domainId, `clusters.${name}.admins`),
        imageIds: await imagesOf(settings.images ?? [], `clusters.${name}.images`),
        poolIds: distinct(
          (settings.floatingPools ?? []).flatMap((text) => networkOf(text, `clusters.${name}.floatingPools`))
        )
      }
    })
  )
  const shared = {
    networkIds: params.shared.networks.flatMap((text) => networkOf(text, 'shared.networks')),
    volumeTypes: typesOf(params.shared.volumeTypes, 'shared.volumeTypes'),
    imageIds: await imagesOf(params.shared.images, 'shared.images')
  }
  const doubts: readonly Doubt[] = [...names.doubts].sort((a, b) => (a.why < b.why ? -1 : 1))
  return {
    ...{ clusters, shared, operators },
    unresolved: [...unresolved, ...unsaid].sort(),
    ...(doubts.length > 0 && { doubts }),
    ...(unsaid.length > 0 && { unsaid: unsaid.sort() })
  }

  function ownNetworks({ name, projectId }: ClusterClients, written: readonly string[] | null): readonly string[] {
    if (written === null)
      return candidates.flatMap((one) => (one.projectId === projectId && !one.external ? one.id : [])).sort()
    return written.flatMap((text) => networkOf(text, `clusters.${name}.networks`, projectId))
  }

  /** By its id, else by its name. A bare name is of the `home` project first. */
  function networkOf(text: string, where: string, home: string | null = null): readonly string[] {
    if (isId(text))
      return candidates.some(({ id }) => id === text) ? [text] : names.missing({ kind: 'network', where, text })
    const { owner, name } = read(text)
    const called = candidates.filter((one) => one.name === name && (owner === null || one.projectId === owner))
    const atHome = owner !== null ? [] : called.filter((one) => one.projectId === home)
    const as = (some: typeof called) => some.map(({ id }) => ({ pin: id, ids: [id] }))
    const [found, less] = atHome.length > 0 ? [as(atHome), as(called)] : [as(called), []]
    const certain = candidates.flatMap((one) => (home !== null && one.projectId === home ? one.id : []))
    const advice = `write ${owned(name)}, or its id`
    return names.resolve({ kind: 'network', where, text, found, less, certain, advice })
  }

  /** Only administrators make volume types, and two never have one name. */
  function typesOf(written: readonly string[], where: string): readonly Named[] {
    return written.flatMap((text) => {
      const found = types.find((one) => one.id === text) ?? types.find((one) => one.name === text)
      const ids = names.resolve({
        ...{ kind: 'volume-type', where, text, advice: 'correct it' },
        found: found === undefined ? [] : [{ pin: found.id, ids: [found.id] }]
      })
      return found !== undefined && ids.includes(found.id) ? [{ id: found.id, name: found.name }] : []
    })
  }

  async function usersOf(written: readonly string[], domainId: string | null, where: string): Promise<string[]> {
    const found = await Promise.all(written.map((text) => findUser(text, domainId, clients)))
    const ids = written.map((text, n) =>
      names.resolve({
        ...{ kind: 'user', where, text, advice: 'write its id, or <name>@<domain>' },
        found: found[n]!.map((id) => ({ pin: id, ids: [id] }))
      })
    )
    return ids.flat()
  }

  /** Images come in versions of one name: what is remembered is whose they are. */
  async function imagesOf(written: readonly string[], where: string): Promise<readonly string[]> {
    const found = await Promise.all(
      written.map(async (text) => {
        if (isId(text)) {
          const image = await clients.images.findImages(text)
          return image.length > 0 ? image.map(({ id }) => id) : names.missing({ kind: 'image', where, text })
        }
        const { owner, name } = read(text)
        const called = await clients.images.findImages(name)
        const ours = called.filter((one) => owner === null || one.projectId === owner)
        return names.resolve({
          ...{ kind: 'image', where, text, advice: `write ${owned(name)}, or its id` },
          found: byOwner(ours)
        })
      })
    )
    return distinct(found.flat()).sort()
  }

  async function volumeTypesNamed(wanted: MatrixParams, { has }: IsolationClients): Promise<readonly Named[]> {
    const any = [...Object.values(wanted.clusters), wanted.shared].some((one) => one.volumeTypes.length > 0)
    return any && (await has('block-storage')) ? storage.listTypes() : []
  }
}

const textsOf = ({ networks, images = [], floatingPools = [] }: MatrixParams['clusters'][string]) => [
  ...(networks ?? []),
  ...images,
  ...floatingPools
]

const owned = (name: string) => `<cluster>/${name} or <project id>/${name}`

function byOwner(images: readonly ImageWall[]) {
  const owners = Map.groupBy(images, ({ projectId }) => projectId ?? '')
  return [...owners].map(([pin, all]) => ({ pin, ids: all.map(({ id }) => id).sort() }))
}

/** Defines the question: which ids are behind the names of the matrix? */
export const matrixQuestion = defineQuestion('isolation-matrix', (params: MatrixParams, tools) =>
  loadIsolationMatrix(params, tools)
)
