import { isLoopback } from '../../base/loopback.ts'

/** What is wrong with the URL of an API server; null: nothing. */
export function serverProblem(server: string, insecure: boolean): string | null {
  const allowed = 'allowed: https://host:port, with a path where a proxy wants one'
  if (server === '') return `is missing; ${allowed}`
  const url = /^https?:\/\//.test(server) ? URL.parse(server) : null
  if (url === null) return `is no URL with https://; ${allowed}`
  if (url.username !== '' || url.password !== '')
    return `holds a user or a password, which belong to the user; ${allowed}`
  if (url.search !== '' || url.hash !== '') return `goes on after the path; ${allowed}`
  if (url.protocol === 'https:') return null
  if (!insecure) return `${server} is without TLS; where that is meant, set insecure-skip-tls-verify`
  // kubectl sends no credentials then; ours would go over the wire as they are.
  return isLoopback(url.hostname) ? null : `${server} is without TLS and not on this machine; ${allowed}`
}
