/** What a row of the table may use: of an API server, and of the folder that its kubeconfig lies in. */
export interface KubeconfigWorld {
  readonly server: string
  /** Tokens that the API server knows. */
  readonly admin: string
  readonly reader: string
  /** Entries of the cluster by which its certificate is trusted. */
  readonly trust: Readonly<Record<string, unknown>>
}

/** One kubeconfig, and what comes of it: signed in as this user, or refused; the sentence is ours. */
export interface KubeconfigRow {
  readonly name: string
  readonly user: Readonly<Record<string, unknown>>
  readonly cluster?: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  /** Who the API server takes us for, with groups where they matter; `refused`: nothing is sent. */
  readonly as: { readonly user: string; readonly groups?: readonly string[] } | { readonly refused: RegExp }
  /** kubectl takes it all the same; why we do not. */
  readonly kubectlTakes?: string
  /** Only where the API server speaks TLS. */
  readonly tls?: boolean
}

const v1 = 'client.authentication.k8s.io/v1'
const exec = { apiVersion: v1, command: './bin/login', interactiveMode: 'Never' }

/** How a kubeconfig is read: the same for kubectl and for us, on a real API server, or refused. */
export function kubeconfigRows({ admin, reader }: Pick<KubeconfigWorld, 'admin' | 'reader'>): readonly KubeconfigRow[] {
  const impersonate = { token: admin, as: 'somebody' }
  return [
    { name: 'a token', user: { token: admin }, as: { user: 'admin' } },
    { name: 'tokenFile, relative to the kubeconfig', user: { tokenFile: 'reader.token' }, as: { user: 'reader' } },
    {
      name: 'token and tokenFile: the file counts',
      user: { token: admin, tokenFile: 'reader.token' },
      as: { user: 'reader' }
    },
    {
      name: 'token and a tokenFile that is not there',
      user: { token: admin, tokenFile: 'none' },
      as: { user: 'admin' }
    },
    {
      name: 'only a tokenFile that is not there',
      user: { tokenFile: 'none' },
      as: { refused: /user 'one': tokenFile: \S+\/none cannot be read: ENOENT/ }
    },
    { name: 'exec, relative to the kubeconfig', user: { exec }, as: { user: 'admin' } },
    {
      name: 'exec without a slash is looked for on the PATH',
      user: { exec: { ...exec, command: 'login-nowhere', installHint: 'get it' } },
      as: { refused: /plug-in login-nowhere is not found.*says: get it/ }
    },
    { name: 'exec beside a token: the token counts', user: { token: reader, exec }, as: { user: 'reader' } },
    {
      name: 'exec v1 without interactiveMode',
      user: { exec: { ...exec, interactiveMode: null } },
      as: { refused: /exec\.interactiveMode: is missing; allowed: Never, IfAvailable/ }
    },
    {
      name: 'exec v1beta1 without interactiveMode',
      user: { exec: { command: './bin/login-beta', apiVersion: `${v1}beta1` } },
      as: { user: 'admin' }
    },
    {
      name: 'exec that always wants a terminal',
      user: { exec: { ...exec, interactiveMode: 'Always' } },
      as: { refused: /exec\.interactiveMode: is Always, and nobody types here/ }
    },
    {
      name: 'exec of an unknown version',
      user: { exec: { ...exec, apiVersion: 'client.authentication.k8s.io/v1alpha1' } },
      as: { refused: /exec\.apiVersion: is '.*v1alpha1'; allowed: / }
    },
    {
      name: 'exec that writes another version',
      user: { exec: { ...exec, command: './bin/login-beta' } },
      as: { refused: /wrote another version than client/ }
    },
    {
      name: 'exec with env',
      user: { exec: { ...exec, env: [{ name: 'LOGIN_AS', value: 'reader' }] } },
      as: { user: 'reader' }
    },
    {
      name: 'exec that gives nothing',
      user: { exec: { ...exec, env: [{ name: 'LOGIN_AS', value: 'nobody' }] } },
      as: { refused: /gave neither a token nor a certificate/ }
    },
    { name: 'as', user: impersonate, as: { user: 'somebody', groups: ['system:authenticated'] } },
    {
      name: 'as-groups: each is one',
      user: { ...impersonate, 'as-groups': ['a', 'b, c'] },
      as: { user: 'somebody', groups: ['a', 'b, c', 'system:authenticated'] }
    },
    {
      name: 'as-uid and as-user-extra',
      user: { ...impersonate, 'as-uid': '7', 'as-user-extra': { 'Example.org/a b': ['x', 'y'] } },
      as: { user: 'somebody' }
    },
    {
      name: 'as-groups without as',
      user: { token: admin, 'as-groups': ['a'] },
      as: { refused: /as: is missing, where as-uid, as-groups/ }
    },
    {
      name: 'username beside a token',
      user: { token: admin, username: 'a', password: 'b' },
      as: { refused: /username: stands beside a token/ }
    },
    {
      name: 'a token that is a number',
      user: { token: 12345 },
      as: { refused: /user 'one': token: is a number.*in quotes/ }
    },
    { name: 'nothing to sign in with', user: {}, as: { refused: /says nothing that we could sign in with/ } },
    {
      name: 'a user that is not there',
      user: { token: admin },
      context: { user: 'two' },
      as: { refused: /context 'one': user: 'two' names a user that is not in it; allowed: one/ }
    },
    {
      name: 'a cluster that is not there',
      user: { token: admin },
      context: { cluster: 'two' },
      as: { refused: /context 'one': cluster: 'two' names a cluster that is not in it/ }
    },
    {
      name: 'no current context',
      user: { token: admin },
      config: { 'current-context': '' },
      as: { refused: /has no context ''; contexts are: one/ }
    },
    {
      name: 'another kind',
      user: { token: admin },
      config: { kind: 'Pod' },
      as: { refused: /kind: is another one; allowed: Config/ }
    },
    {
      name: 'two users of one name',
      user: { token: admin },
      config: {
        users: [
          { name: 'one', user: { token: admin } },
          { name: 'one', user: { token: reader } }
        ]
      },
      as: { refused: /users\[1\]\.name: there are two of the name 'one'/ }
    },
    {
      name: 'a server without https',
      user: { token: admin },
      cluster: { server: '' },
      as: { refused: /cluster 'one': server: is missing/ }
    },
    {
      name: 'insecure, as a text',
      user: { token: admin },
      cluster: { 'insecure-skip-tls-verify': 'true' },
      as: { refused: /insecure-skip-tls-verify: is a string.*true or false/ }
    },
    {
      name: 'a proxy of an unknown kind',
      user: { token: admin },
      cluster: { 'proxy-url': 'ftp://127.0.0.1:1' },
      as: { refused: /proxy-url: is of no kind that is known; allowed: http/ }
    },
    {
      name: 'a key that there is not',
      user: { token: admin, 'token-file': 'x' },
      as: { refused: /user 'one': token-file: there is no such key; allowed: / },
      kubectlTakes: 'it may be meant to say who we are'
    },
    {
      name: 'auth-provider',
      user: { 'auth-provider': { name: 'gcp' } },
      as: { refused: /auth-provider: is not supported; allowed: exec/ }
    },
    {
      name: 'a certificate without its key',
      user: { 'client-certificate': 'reader.token' },
      as: { refused: /client-key: is missing/ }
    },
    {
      name: 'a client certificate that is none',
      user: { 'client-certificate': 'reader.token', 'client-key': 'reader.token' },
      as: { refused: /client-certificate: it and client-key do not make a pair/ }
    },
    {
      name: 'certificate-authority, relative to the kubeconfig',
      user: { token: admin },
      as: { user: 'admin' },
      tls: true
    },
    {
      name: 'a certificate-authority that is not there',
      user: { token: admin },
      cluster: { 'certificate-authority': 'none.crt' },
      as: { refused: /certificate-authority: \S+\/none\.crt cannot be read: ENOENT/ }
    },
    {
      name: 'a certificate-authority that nobody would check',
      user: { token: admin },
      cluster: { 'insecure-skip-tls-verify': true },
      as: { refused: /insecure-skip-tls-verify: stands beside a certificate-authority/ },
      tls: true
    },
    {
      name: 'insecure-skip-tls-verify',
      user: { token: admin },
      cluster: { 'insecure-skip-tls-verify': true, 'certificate-authority': null },
      as: { user: 'admin' },
      tls: true
    },
    {
      name: 'nobody vouches for the server',
      user: { token: admin },
      cluster: { 'certificate-authority': null },
      as: { refused: /self.signed certificate|unable to (get local issuer|verify the first) certificate/ },
      tls: true
    },
    {
      name: 'tls-server-name of the certificate',
      user: { token: admin },
      cluster: { 'tls-server-name': '127.0.0.1' },
      as: { user: 'admin' },
      tls: true
    },
    {
      name: 'tls-server-name of another one',
      user: { token: admin },
      cluster: { 'tls-server-name': 'other.example.org' },
      as: { refused: /other\.example\.org/ },
      tls: true
    }
  ]
}

/** The kubeconfig of a row, as text. */
export function kubeconfigText({ user, cluster, context, config }: KubeconfigRow, world: KubeconfigWorld): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'one', cluster: { server: world.server, ...world.trust, ...cluster } }],
    users: [{ name: 'one', user }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one', ...context } }],
    'current-context': 'one',
    ...config
  })
}
