/** What a webhook of GitLab is authenticated with: X-Gitlab-Token, or an HMAC key (`whsec_…`). Never log the value. */
export interface GitlabSecret {
  readonly kind: 'token' | 'signing'
  readonly value: string
  /** Paths of the projects that it may speak of, `group/*` for all within a group; left out: of all. */
  readonly projects?: readonly string[] | undefined
}

/** Whether who knows this secret may speak of the project. */
export const speaksOf = ({ projects }: GitlabSecret, project: string | null): boolean =>
  projects === undefined ||
  projects.some((one) => (one.endsWith('/*') ? project?.startsWith(one.slice(0, -1)) === true : one === project))

/** Standard Webhooks asks for 24 to 64 bytes. */
const fewestKeyBytes = 24

/** Why a secret would protect nothing; null where it is one. The configuration and each delivery go by the same. */
export function problemOf({ kind, value }: GitlabSecret): string | null {
  if (kind === 'token') return value.length < 8 ? 'is too short for a secret: at least 8 characters' : null
  const key = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(value) ? keyOf(value) : null
  if (key !== null && key.length >= fewestKeyBytes) return null
  return `is no signing token: GitLab's is whsec_ and the base64 of 32 bytes (at least ${fewestKeyBytes})`
}

/** The HMAC key of a signing token. */
export function keyOf(value: string): Buffer {
  return Buffer.from(value.slice('whsec_'.length), 'base64')
}
