import { getCACertificates } from 'node:tls'
import type { RequestContext } from '@kubernetes/client-node'
import type { SignIn } from './credentials.ts'
import type { Access } from './kubeconfig.ts'
import { proxyFromEnvironment } from './proxy.ts'

/** The module of @kubernetes/client-node, loaded late. */
export type Library = typeof import('@kubernetes/client-node')
/** The connection pool to one API server: undici's dispatcher. */
export type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>

/** Kept connections to one API server, which the library makes: TLS, client certificates, proxies. */
export async function connectTo(
  { server, ca, insecure, serverName, proxyUrl }: Access,
  { certificate }: SignIn,
  library: Library
): Promise<Dispatcher> {
  const url = new URL(server)
  const proxy = proxyUrl ?? proxyFromEnvironment(url, process.env)
  const trusted = ca ?? (url.protocol === 'https:' && !insecure ? systemCertificates() : null)
  const config = new library.KubeConfig()
  config.loadFromClusterAndUser(
    {
      name: 'cluster',
      server,
      skipTLSVerify: insecure,
      ...(trusted === null ? {} : { caData: base64(trusted) }),
      ...(serverName === null ? {} : { tlsServerName: serverName }),
      ...(proxy === null ? {} : { proxyUrl: proxy })
    },
    {
      name: 'user',
      ...(certificate === null ? {} : { certData: base64(certificate.cert), keyData: base64(certificate.key) })
    }
  )
  const request = new library.RequestContext(server, 'GET' as never)
  await config.applySecurityAuthentication(request)
  const dispatcher = request.getDispatcher()
  if (dispatcher === undefined) throw new Error('the library made no connection of its own')
  return dispatcher
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** Whom kubectl trusts where the kubeconfig says nothing: the system's store, and NODE_EXTRA_CA_CERTS. */
function systemCertificates(): string {
  const system = [...getCACertificates('system'), ...getCACertificates('extra')]
  return (system.length > 0 ? system : getCACertificates('default')).join('\n')
}
