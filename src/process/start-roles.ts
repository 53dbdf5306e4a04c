import type { Role } from '../config/checks.ts'
import type { RoleParts, StartedRole, StartRole } from './role.ts'

/** Every role, loaded where a process is given it. */
const roles: Readonly<Record<Role, () => Promise<{ readonly start: StartRole }>>> = {
  receive: () => import('./roles/receive.ts'),
  serve: () => import('./roles/serve.ts'),
  decide: () => import('./roles/decide.ts'),
  act: () => import('./roles/act.ts'),
  consume: () => import('./roles/consume.ts'),
  schedule: () => import('./roles/schedule.ts')
}

/** Starts the roles that this process is given, and imports no other. */
export async function startRoles(given: readonly Role[], parts: RoleParts): Promise<readonly StartedRole[]> {
  return Promise.all(given.map(async (role) => (await roles[role]()).start(parts)))
}

/** Whether one of them needs the clouds' clients. */
export const works = (given: readonly Role[]): boolean =>
  given.some((role) => role === 'decide' || role === 'act' || role === 'schedule')
