import type { Operator } from './operator.ts'

/** What the walls' part of a day needs of the rest. */
export interface IsolationDay {
  readonly operator: Operator
  readonly onStep: (sentence: string) => void
  readonly pick: <Item>(items: readonly Item[]) => Item
  readonly freshName: () => string
}

const own: Readonly<Record<string, string>> = { dev: '10.10.0.0/16', prod: '10.20.0.0/16', infra: '10.30.0.0/16' }
const clusters = ['dev', 'prod', 'infra'] as const

/** What people do every day that touches the walls between clusters, and twice what they must not. */
export function isolationSteps({ operator, onStep, pick, freshName }: IsolationDay) {
  const groups: { id: string; name: string; project: string }[] = []
  const images: { id: string; name: string; project: string }[] = []
  let mistakes = 0

  /** 443 for everybody, the rest for its own cluster; the oldest goes when there are many. */
  async function securityGroup(): Promise<void> {
    const old = groups.length > 4 ? groups.shift() : undefined
    if (old !== undefined) {
      onStep(`${old.project} deletes the security group ${old.name}`)
      return operator.deleteSecurityGroup(old.id)
    }
    const project = pick(clusters)
    const name = freshName()
    onStep(`${project} makes the security group ${name}: 443 for everybody, 22 for its own`)
    const { id } = await operator.createSecurityGroup({ name, project })
    groups.push({ id, name, project })
    await operator.openPort(id, { port: 443, from: '0.0.0.0/0', project })
    await operator.openPort(id, { port: 22, from: own[project]!, project })
  }

  async function image(): Promise<void> {
    const old = images.length > 2 ? images.shift() : undefined
    if (old !== undefined) {
      onStep(`${old.project} deletes the image ${old.name}`)
      return operator.deleteImage(old.id)
    }
    const project = pick(clusters)
    const name = freshName()
    onStep(`${project} makes the image ${name} for itself`)
    images.push({ ...(await operator.createImage({ name, project })), name, project })
  }

  async function credential(): Promise<void> {
    const project = pick(clusters)
    onStep(`${project}-user makes an application credential for thirty days`)
    await operator.createApplicationCredential({ name: freshName(), project })
  }

  /** In turns: dev's port 22 for the whole world, dev's network for prod, and then prod's port for the world. */
  async function mistake(): Promise<void> {
    const turn = mistakes++ % 3
    if (turn === 1) {
      onStep('dev shares dev-net2 with prod, which nobody may')
      await operator.shareNetwork('dev-net2', { from: 'dev', to: 'prod' })
      return
    }
    const project = turn === 0 ? 'dev' : 'prod'
    const name = freshName()
    onStep(`${project} opens port 22 of the security group ${name} to the world, which nobody may`)
    const { id } = await operator.createSecurityGroup({ name, project })
    await operator.openPort(id, { port: 22, from: '0.0.0.0/0', project })
  }

  return { within: [securityGroup, image, credential], mistake }
}
