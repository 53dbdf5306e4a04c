import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CloudEntry } from '../../../src/clients/openstack/cloud-entry.ts'
import { loadCloud, problemText } from '../../../src/clients/openstack/clouds.ts'
import { createSession } from '../../../src/clients/openstack/session.ts'
import type { CloudCase } from './clouds-table.ts'

/** What lab/clouds-sdk.py answers for one case. */
export type SdkAnswer =
  | { readonly ok: false; readonly error: string }
  | {
      readonly ok: true
      readonly name: string
      readonly authUrl: string
      readonly auth: unknown
      readonly region: string | null
      readonly verify: boolean | string
      readonly interface: Face
      /** Those that are called otherwise than all others. */
      readonly services: Readonly<Record<string, Service>>
    }

interface Service {
  readonly override: string | null
  readonly interface: Face
  readonly region: string | null
}

type Face = string | readonly string[]

/** The parts of openstacksdk's answer that decide which requests go where, with what. */
export function sdkView({ ok: _, ...said }: SdkAnswer & { ok: true }) {
  const face = (one: Face) => String(one).replace(/[URL]+$/, '')
  const called = Object.entries(said.services).map(([service, one]) => [
    service,
    { ...one, interface: face(one.interface) }
  ])
  return { ...said, interface: face(said.interface), services: Object.fromEntries(called) }
}

/** What we make of a case, in the same form; or the keys that we refuse, with everything that was said. */
export async function ourView({ files, env = {}, cloud }: CloudCase, folder: string) {
  const text = (value: string) => value.replaceAll('$DIR', folder)
  mkdirSync(join(folder, 'cwd'), { recursive: true })
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text(content))
  }
  const variables = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, text(value)]))
  const name = cloud === null ? undefined : (cloud ?? 'dev')
  const loaded = loadCloud(name, { HOME: folder, ...variables }, { cwd: join(folder, 'cwd') })
  if (!loaded.ok)
    return { ok: false as const, keys: loaded.problems.map(({ key }) => key), said: loaded.problems.map(problemText) }
  const { cloud: entry } = loaded
  const { interface: face, regionName: region } = entry
  const view = {
    ...{ name: entry.name, authUrl: entry.authUrl, auth: await asked(entry), region, interface: face },
    verify: entry.cacert ?? entry.verify,
    services: Object.fromEntries(
      Object.entries(entry.endpointOverrides).map(([one, override]) => [one, { override, interface: face, region }])
    )
  }
  return { ok: true as const, view: JSON.parse(JSON.stringify(view).replaceAll(folder, '$DIR')) as typeof view }
}

/** The body that Keystone would be sent. */
async function asked(entry: CloudEntry): Promise<unknown> {
  let body: string | null = null
  const session = createSession(
    entry,
    async (_, request) => {
      body = request.body
      throw new Error('not sent')
    },
    () => 0
  )
  await session.token().catch(() => {})
  return (JSON.parse(body!) as { auth: unknown }).auth
}
