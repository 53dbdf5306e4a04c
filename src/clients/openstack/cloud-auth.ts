import type { CloudEntry, IdOrName } from './cloud-entry.ts'
import { authOf, shapeOf } from './cloud-merge.ts'
import type { Py, PyMap } from './python-yaml.ts'

/** Tells what is wrong at a key, and what is allowed there. */
export type ReportKey = (key: string, what: string, allowed: string) => void

const SCOPES = ['system_scope', 'domain_id', 'domain_name', 'trust_id']
const PROJECT = ['project_id', 'project_name', 'project_domain_id', 'project_domain_name']
const USER = ['user_id', 'username', 'user_domain_id', 'user_domain_name']
const COMMON = ['auth_url', ...SCOPES, ...PROJECT, ...USER]
const CREDENTIAL = ['application_credential_id', 'application_credential_name', 'application_credential_secret']
// What keystoneauth's plugins take, by `auth_type`.
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  password: [...COMMON, 'password', 'default_domain_id', 'default_domain_name'],
  v3password: [...COMMON, 'password'],
  v3applicationcredential: [...COMMON, ...CREDENTIAL]
}
/** Everything that may also stand beside `auth`. */
export const ALL_OPTIONS = [
  ...new Set([...Object.values(OPTIONS).flat(), 'user_name', 'token', 'auth_token', 'passcode'])
]

/** How and where to authenticate, as keystoneauth's plugin of that `auth_type` takes it; null where it cannot be known. */
export function readAuth(config: PyMap, problem: ReportKey): { url: string; parsed: CloudEntry['auth'] } | null {
  const authType = config.get('auth_type')!
  const given = authOf(config)
  const options = typeof authType === 'string' && Object.hasOwn(OPTIONS, authType) ? OPTIONS[authType]! : null
  if (options === null) {
    const said = typeof authType === 'string' ? JSON.stringify(authType) : shapeOf(authType)
    problem('auth_type', `is ${said}`, Object.keys(OPTIONS).join(', '))
  }
  const values = new Map<string, Py>()
  for (const option of options ?? ALL_OPTIONS) {
    const names = option === 'username' ? [option, 'user_name'] : [option]
    const winner = [given, config].map((where) => names.map((one) => where.get(one)).find((one) => one !== undefined))
    const value = winner.find((one) => one !== undefined && one !== null && one !== '' && one !== false)
    if (value !== undefined) values.set(option, value)
    else if (winner.includes(false)) problem(`auth.${option}`, `is ${shapeOf(false)}`, 'text: quote it')
  }
  for (const key of given.keys())
    if (options !== null && !options.includes(key as string) && key !== 'user_name') {
      const credential = CREDENTIAL.includes(key as string)
      const allowed = credential ? 'auth_type: v3applicationcredential beside auth' : options.join(', ')
      problem(`auth.${key}`, `means nothing with auth_type ${authType}`, allowed)
    }

  const text = (key: string): string | undefined => {
    const value = values.get(key)
    if (value === undefined || typeof value === 'string') return value
    problem(`auth.${key}`, `is ${shapeOf(value)}`, 'text: quote it')
    return ''
  }
  const required = (key: string): string => {
    const value = text(key)
    if (value === undefined) problem(`auth.${key}`, 'is missing', 'text')
    return value ?? ''
  }
  const named = (kind: 'user' | 'project', nameKey: string): IdOrName => {
    const id = text(`${kind}_id`)
    const byName = text(nameKey)
    if (id !== undefined) return { id }
    if (byName === undefined) problem(`auth.${nameKey}`, 'is missing', `${nameKey}, or ${kind}_id`)
    const domainId = text(`${kind}_domain_id`) ?? text('default_domain_id')
    const domainName = text(`${kind}_domain_name`) ?? text('default_domain_name')
    if (domainId !== undefined) return { name: byName ?? '', domain: { id: domainId } }
    if (domainName === undefined && byName !== undefined)
      problem(
        `auth.${kind}_domain_name`,
        `is missing: a ${kind}'s name means something within its domain only`,
        `${kind}_domain_name or ${kind}_domain_id (often Default and default)`
      )
    return { name: byName ?? '', domain: { name: domainName ?? '' } }
  }

  const url = required('auth_url')
  if (url !== '' && !/^https?:\/\/[^/]+/.test(url))
    problem('auth.auth_url', `is ${JSON.stringify(url)}`, 'an http:// or https:// URL')
  else if (/\/v2(\.0)?\/*$/.test(url))
    problem('auth.auth_url', "is Keystone's API v2", 'the URL of v3, or without a version')
  if (options === null) return null
  for (const scope of SCOPES)
    if (text(scope) !== undefined)
      problem(`auth.${scope}`, 'asks for a token that is not for a project', 'project_name or project_id instead')

  if (authType !== 'v3applicationcredential') {
    const user = named('user', 'username')
    return {
      url,
      parsed: { type: 'password', user, password: required('password'), project: named('project', 'project_name') }
    }
  }
  for (const key of ['project_id', 'project_name'])
    if (text(key) !== undefined)
      problem(`auth.${key}`, 'Keystone refuses it with an application credential, which has its project', 'no such key')
  const id = text('application_credential_id')
  const credentialName = text('application_credential_name')
  const secret = required('application_credential_secret')
  if (id === undefined && credentialName === undefined)
    problem('auth.application_credential_id', 'is missing', 'application_credential_id, or _name with username')
  if (id !== undefined || credentialName === undefined)
    return { url, parsed: { type: 'applicationCredential', credential: { id: id ?? '' }, secret } }
  const user = named('user', 'username')
  return { url, parsed: { type: 'applicationCredential', credential: { name: credentialName, user }, secret } }
}
