export interface Role {
  readonly id: string
  readonly name: string
}

export interface Group {
  readonly id: string
  readonly name: string
  readonly members: Set<string>
}

/** A role given to a group, on a domain, or to what is below a project or domain. */
export interface Grant {
  /** `users` or `groups`. */
  readonly holders: 'users' | 'groups'
  readonly holder: string
  readonly kind: 'projects' | 'domains' | 'system'
  /** '' on the system. */
  readonly scope: string
  readonly role: string
  readonly inherited: boolean
}

export interface Trust {
  readonly id: string
  readonly trustorId: string
  readonly trusteeId: string
  readonly projectId: string
  readonly impersonation: boolean
  readonly expiresAt: string | null
  readonly roles: readonly string[]
}

export interface Mapping {
  readonly id: string
  readonly rules: readonly unknown[]
}
