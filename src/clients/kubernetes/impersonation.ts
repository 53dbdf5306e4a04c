import type { Impersonation } from './kubeconfig.ts'

/** Makes the headers of user impersonation: one line for each group and each extra value, as the API server reads them: a list in one line would be one name. */
export function impersonationHeaders(
  impersonate: Impersonation | null
): Readonly<Record<string, string | readonly string[]>> {
  if (impersonate === null) return {}
  const { user, uid, groups, extra } = impersonate
  return {
    'impersonate-user': user,
    ...(uid === '' ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([name, values]) => [`impersonate-extra-${escaped(name)}`, values] as const)
    )
  }
}

/** What may not stand in a header's name, as client-go writes it. */
const escaped = (name: string) =>
  [...Buffer.from(name)]
    .map((byte) => {
      const letter = String.fromCharCode(byte)
      return /[!#$&'*+.^_`|~0-9A-Za-z-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
