/** What of our environment a credential plug-in does not get, beside what is always ours. */
export interface Withheld {
  /** Values that are secrets of our configuration, under whatever name. */
  readonly values: ReadonlySet<string>
}

/** Names of our own settings and tokens, and of OpenStack's credentials. */
const ours = /^(?:REFLEX_|OS_)/

/**
 * Our environment without our secrets: a plug-in is a program of somebody else's, and gets what kubectl would have handed it. Who
 * wants one of these for it writes it into `exec.env`.
 */
export function pluginEnvironment(env: NodeJS.ProcessEnv, { values }: Withheld): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || ours.test(name) || values.has(value) ? [] : [[name, value]]
    )
  )
}
