import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { ReportKey } from './cloud-auth.ts'
import { type Env, expandHome } from './cloud-files.ts'
import { shapeOf } from './cloud-merge.ts'
import type { PyMap } from './python-yaml.ts'

/** As requests understands `verify` and `cacert`; `insecure` wins. */
export function readTls(
  config: PyMap,
  env: Env,
  cwd: string,
  problem: ReportKey,
  seen: (path: string) => void = () => {}
): { verify: boolean; cacert: string | null } {
  // Of words only `true` is true.
  const off = String(config.get('insecure')).toLowerCase() === 'true'
  const verify = config.get('verify') ?? true
  if (off || verify === false || verify === '') return { verify: false, cacert: null }
  const bundle = config.get('cacert') || (verify === true ? null : verify)
  if (bundle === null) return { verify: true, cacert: null }
  const key = config.get('cacert') ? 'cacert' : 'verify'
  const allowed =
    key === 'cacert' ? 'the path of a PEM file' : 'true or false without quotes, or the path of a PEM file'
  if (typeof bundle !== 'string') {
    problem(key, `is ${shapeOf(bundle)}`, allowed)
    return { verify: true, cacert: null }
  }
  const path = key === 'cacert' ? expandHome(bundle, env) : bundle
  const file = isAbsolute(path) ? path : join(cwd, path)
  seen(file)
  try {
    return { verify: true, cacert: readFileSync(file, 'utf8') }
  } catch (error) {
    problem(key, `cannot be read: ${(error as Error).message}`, allowed)
    return { verify: true, cacert: null }
  }
}
