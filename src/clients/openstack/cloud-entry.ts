/** One cloud as openstacksdk would see it; everything that is needed to authenticate and to find endpoints. */
export interface CloudEntry {
  readonly name: string
  /** Keystone's URL as configured, with or without `/v3`. */
  readonly authUrl: string
  readonly auth: PasswordAuth | ApplicationCredentialAuth
  /** null: the only or first region of the catalogue. */
  readonly regionName: string | null
  readonly interface: 'public' | 'internal' | 'admin'
  /** PEM text of the CA bundle that the file named; null: the system's. */
  readonly cacert: string | null
  /** False: certificates are not checked. */
  readonly verify: boolean
  /** Service type (`compute`, `dns`, …) → URL that replaces the catalogue's. */
  readonly endpointOverrides: Readonly<Record<string, string>>
}

/** A user or project by id, or by name within a domain. */
export type IdOrName =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } }

/** Authentication by user name and password. */
export interface PasswordAuth {
  readonly type: 'password'
  readonly user: IdOrName
  readonly password: string
  readonly project: IdOrName
}

/** Authentication by an application credential. */
export interface ApplicationCredentialAuth {
  readonly type: 'applicationCredential'
  /** By id, or by name with its user. */
  readonly credential: { readonly id: string } | { readonly name: string; readonly user: IdOrName }
  readonly secret: string
}
