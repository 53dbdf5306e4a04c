import { BlockList, isIP } from 'node:net'
import { isLoopback } from '../../base/loopback.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The proxy that HTTPS_PROXY or HTTP_PROXY name for a URL, and NO_PROXY does not take back, read as Go's net/http reads them; null:
 * none.
 */
export function proxyFromEnvironment(url: URL, env: Env): string | null {
  const one = (name: string) => env[name] || env[name.toLowerCase()] || null
  const written = one(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (written === null || isLoopback(url.hostname) || passesBy(url, one('NO_PROXY') ?? '')) return null
  const proxy = written.includes('://') ? written : `http://${written}`
  return URL.canParse(proxy) ? proxy : null
}

function passesBy(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return noProxy.split(',').some((raw) => {
    const entry = raw.trim().toLowerCase()
    if (entry === '') return false
    if (entry === '*') return true
    const [, network, bits] = /^(.+)\/(\d+)$/.exec(entry) ?? []
    if (network !== undefined) return inNetwork(host, network, Number(bits))
    const [, name = entry, wanted] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? []
    if (wanted !== undefined && wanted !== port) return false
    const domain = name.replace(/^\[|\]$/g, '').replace(/^\*(?=\.)/, '')
    if (isIP(domain) !== 0 || isIP(host) !== 0) return domain === host
    return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
  })
}

function inNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, bits, kind)
  return list.check(host, kind)
}
