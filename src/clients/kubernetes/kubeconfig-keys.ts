/** A mapping of a YAML file, unchecked. */
export type YamlMap = Readonly<Record<string, unknown>>

/** What kubectl takes as the value of a key. */
type Kind = 'text' | 'yes or no' | 'base64' | 'texts' | 'lists of texts' | 'anything'

/** The keys of a kubeconfig's entries, as client-go 0.36 reads them. */
export const keys = {
  cluster: {
    server: 'text',
    'tls-server-name': 'text',
    'insecure-skip-tls-verify': 'yes or no',
    'certificate-authority': 'text',
    'certificate-authority-data': 'base64',
    'proxy-url': 'text',
    'disable-compression': 'yes or no',
    extensions: 'anything'
  },
  user: {
    'client-certificate': 'text',
    'client-certificate-data': 'base64',
    'client-key': 'text',
    'client-key-data': 'base64',
    token: 'text',
    tokenFile: 'text',
    as: 'text',
    'as-uid': 'text',
    'as-groups': 'texts',
    'as-user-extra': 'lists of texts',
    username: 'text',
    password: 'text',
    'auth-provider': 'anything',
    exec: 'anything',
    extensions: 'anything'
  },
  exec: {
    command: 'text',
    args: 'texts',
    env: 'anything',
    apiVersion: 'text',
    installHint: 'text',
    provideClusterInfo: 'yes or no',
    interactiveMode: 'text'
  },
  context: { cluster: 'text', user: 'text', namespace: 'text', extensions: 'anything' }
} as const satisfies Readonly<Record<string, Readonly<Record<string, Kind>>>>

const examples: Readonly<Record<Kind, string>> = {
  text: 'a text, in quotes where it looks like a number or a date',
  'yes or no': 'true or false, without quotes',
  base64: 'base64',
  texts: 'a list of texts, each in quotes where it looks like a number',
  'lists of texts': 'lists of texts by name',
  anything: ''
}

/** What is wrong with the keys of one entry, each as `key: what; allowed`. */
export interface KeyProblems {
  /** kubectl passes over these. We say them: one of them may be meant to say who we are. */
  readonly unknown: readonly string[]
  /** Beyond these nothing can be said: what is not of its kind would be taken for something else. */
  readonly wrong: readonly string[]
}

/** Lists the keys of one entry that kubectl does not know, and those whose values it would not take. */
export function kubeconfigKeyProblems(entry: keyof typeof keys, value: YamlMap): KeyProblems {
  const known: Readonly<Record<string, Kind>> = keys[entry]
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(known, key))
  const wrong = Object.entries(known).filter(([key, kind]) => {
    const one = value[key] ?? null
    return one !== null && !isOf(kind, one)
  })
  return {
    unknown: unknown.map((key) => `${key}: there is no such key; allowed: ${Object.keys(known).join(', ')}`),
    wrong: wrong.map(([key, kind]) => `${key}: is ${describe(value[key])}; allowed: ${examples[kind]}`)
  }
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string'
    case 'yes or no':
      return typeof value === 'boolean'
    case 'base64':
      return (
        typeof value === 'string' &&
        /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(bare(value))
      )
    case 'texts':
      return Array.isArray(value) && value.every((one) => typeof one === 'string')
    case 'lists of texts':
      return isTree(value) && Object.values(value).every((one) => isOf('texts', one))
    case 'anything':
      return true
  }
}

/** Without the line breaks that base64 may be folded with. */
export const bare = (base64: string): string => base64.replaceAll(/[\r\n]/g, '')

/** Whether a value of YAML is a mapping. */
export const isTree = (value: unknown): value is YamlMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** Never the value itself: it may be a secret. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Date) return 'a date'
  return isTree(value) ? 'a mapping' : `a ${typeof value}, not what this key takes`
}
