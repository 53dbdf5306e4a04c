import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files that rows of the table lie beside: a token, and plug-ins of two versions. */
export function kubeconfigFiles(
  folder: string,
  { admin, reader }: { readonly admin: string; readonly reader: string }
): void {
  writeFileSync(join(folder, 'reader.token'), `${reader}\n`)
  mkdirSync(join(folder, 'bin'), { recursive: true })
  for (const [file, version] of [
    ['login', 'v1'],
    ['login-beta', 'v1beta1']
  ] as const) {
    const program = `#!/bin/sh
printf '%s' "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info.json"
case "\${LOGIN_AS:-admin}" in admin) token=${admin} ;; reader) token=${reader} ;; *) token= ;; esac
echo '{"apiVersion":"client.authentication.k8s.io/${version}","kind":"ExecCredential","status":{"token":"'$token'"}}'
`
    writeFileSync(join(folder, 'bin', file), program)
    chmodSync(join(folder, 'bin', file), 0o755)
  }
}
