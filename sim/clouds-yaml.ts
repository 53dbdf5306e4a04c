import { PROJECTS } from './seed.ts'
import type { State } from './state.ts'

/** One entry of clouds.yaml. */
export interface CloudsEntry {
  readonly auth_type?: string
  readonly auth: Readonly<Record<string, string>>
  readonly region_name: string
  readonly interface: string
  readonly identity_api_version: number
}

/** A whole clouds.yaml for the simulated cloud, with an entry for each user and project. */
export function cloudsYaml(url: string, state: State): { readonly clouds: Readonly<Record<string, CloudsEntry>> } {
  const common = { region_name: 'RegionOne', interface: 'public', identity_api_version: 3 }
  const entry = (user: string, project: string): CloudsEntry => ({
    auth: {
      ...{ auth_url: `${url}/identity`, username: user, password: 'lab', project_name: project },
      ...{ user_domain_name: 'Default', project_domain_name: 'Default' }
    },
    ...common
  })
  const clouds: Record<string, CloudsEntry> = { admin: entry('admin', 'admin') }
  for (const project of PROJECTS) {
    clouds[project] = entry('reflex', project)
    clouds[`${project}-user`] = entry(`${project}-user`, project)
  }
  for (const { id, secret } of state.applicationCredentials.values()) {
    const auth = {
      auth_url: `${url}/identity/v3`,
      application_credential_id: id,
      application_credential_secret: secret
    }
    clouds['dev-appcred'] = { auth_type: 'v3applicationcredential', auth, ...common }
  }
  return { clouds }
}
