import type { Role } from '../config/checks.ts'
import type { RoleParts, StartedRole, StartRole } from './role.ts'

/** Every role, loaded where a process is given it. */
const roles: Readonly<Record<Role, () => Promise<StartRole>>> = {
  receive: async () => (await import('./roles/receive.ts')).startReceive,
  serve: async () => (await import('./roles/serve.ts')).startServe,
  decide: async () => (await import('./roles/decide.ts')).startDecide,
  act: async () => (await import('./roles/act.ts')).startAct,
  consume: async () => (await import('./roles/consume.ts')).startConsume,
  schedule: async () => (await import('./roles/schedule.ts')).startSchedule
}

/** Starts the roles that this process is given, and imports no other. */
export async function startRoles(given: readonly Role[], parts: RoleParts): Promise<readonly StartedRole[]> {
  return Promise.all(given.map(async (role) => (await roles[role]())(parts)))
}

/** Tells whether one of them needs the clouds' clients. */
export const works = (given: readonly Role[]): boolean =>
  given.some((role) => role === 'decide' || role === 'act' || role === 'schedule')
