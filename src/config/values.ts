/** A secret as it is written: itself, or a reference to an environment variable or a file. */
export type Secret = string | { readonly env: string } | { readonly file: string }

/** Where references to secrets are looked up. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => string
}

/** The secret behind a reference, or why it cannot be had. */
export function resolveSecret(
  secret: Secret,
  { env, readFile }: SecretSources
): { ok: true; value: string } | { ok: false; at: 'env' | 'file'; message: string } {
  if (typeof secret === 'string') return { ok: true, value: secret }
  if ('env' in secret) {
    const value = env[secret.env]
    if (value !== undefined && value !== '') return { ok: true, value }
    return {
      ok: false,
      at: 'env',
      message: `the environment variable ${secret.env} is ${value === '' ? 'empty' : 'not set'}`
    }
  }
  try {
    const value = readFile(secret.file).trim()
    return value === '' ? { ok: false, at: 'file', message: 'the file is empty' } : { ok: true, value }
  } catch (error) {
    return {
      ok: false,
      at: 'file',
      message: `the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`
    }
  }
}

/** oslo.messaging names a publisher's own queue after its routing key, `<topic>.<priority>`. */
export const isPublisherQueue = (queue: string): boolean =>
  /.\.(audit|debug|info|warn|error|critical|sample)$/.test(queue)

/** Deeply read-only at run time as well. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) freeze(part)
  }
  return value
}
