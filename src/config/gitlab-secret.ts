/** What a webhook of GitLab is authenticated with: X-Gitlab-Token, or an HMAC key (`whsec_…`). Never log the value. */
export interface GitlabSecret {
  readonly kind: 'token' | 'signing'
  readonly value: string
}

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
