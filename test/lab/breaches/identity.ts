import { breachName as prefix } from '../clean.ts'
import { admin, type Stage } from '../stage.ts'
import { type Breach, exists } from './breach.ts'

/** An administrator gives somebody what is not theirs: a `path` that is put, is there, and is deleted. */
const given = (
  rule: string,
  place: (stage: Stage) => { person: string; path: string },
  more: Partial<Breach> = {}
): Breach => ({
  rule,
  by: 'event',
  ...more,
  async ready(stage) {
    const { person, path } = place(stage)
    return {
      breaks: () => admin.call('identity', 'PUT', path),
      resource: () => person,
      closing: () => `DELETE /v3${path}`,
      isOpen: () => exists(admin.call('identity', 'HEAD', path))
    }
  }
})

const mapping: Breach = {
  rule: 'mapping-gives-back',
  by: 'sweep',
  closes: false,
  async ready() {
    const id = `${prefix}mapping`
    const roles = [{ name: 'member' }]
    const projects = ['dev', 'prod'].map((name) => ({ name, roles }))
    const local = [{ user: { name: '{0}' } }, { projects }]
    return {
      breaks: () =>
        admin.call('identity', 'PUT', `/OS-FEDERATION/mappings/${id}`, {
          mapping: { rules: [{ local, remote: [{ type: 'REMOTE_USER' }] }] }
        }),
      resource: () => id,
      closing: () => '',
      isOpen: async () => exists(admin.call('identity', 'GET', `/OS-FEDERATION/mappings/${id}`))
    }
  }
}

export const granting: readonly Breach[] = [
  given('person-two-clusters', ({ people, projects, roles }) => ({
    person: people.ada,
    path: `/projects/${projects.infra}/users/${people.ada}/roles/${roles.member}`
  })),
  given(
    'person-two-clusters',
    ({ people, crew }) => ({ person: people.bea, path: `/groups/${crew}/users/${people.bea}` }),
    { how: 'by group' }
  ),
  given('admin-granted', ({ people, projects, roles }) => ({
    person: people.cleo,
    path: `/projects/${projects.dev}/users/${people.cleo}/roles/${roles.admin}`
  })),
  given(
    'system-role',
    ({ people, roles }) => ({ person: people.dan, path: `/system/users/${people.dan}/roles/${roles.reader}` }),
    { by: 'sweep' }
  ),
  mapping
]
