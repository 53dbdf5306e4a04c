/** A volume type; its quota keys have its name, notifications its id. */
export interface VolumeType {
  readonly id: string
  name: string
  description: string | null
  public: boolean
  /** Projects that may use a private one. */
  readonly projects: Set<string>
  readonly extraSpecs: Readonly<Record<string, string>>
  /** Id of the encryption of its volumes. */
  encryptionId?: string
}

export interface Volume {
  readonly id: string
  name: string | null
  description: string | null
  projectId: string
  userId: string
  typeId: string
  /** GiB. */
  size: number
  status: 'creating' | 'available' | 'extending' | 'awaiting-transfer' | 'deleting' | 'deleted' | 'error'
  readonly createdAt: string
  updatedAt: string | null
  launchedAt: string | null
  metadata: Record<string, string>
  readonly snapshotId: string | null
}

export interface Snapshot {
  readonly id: string
  readonly name: string | null
  projectId: string
  userId: string
  readonly volumeId: string
  /** GiB. */
  readonly size: number
  status: 'creating' | 'available' | 'deleting' | 'deleted'
  readonly createdAt: string
}

/** An offer of a volume to whoever has the key. */
export interface Transfer {
  readonly id: string
  readonly name: string | null
  readonly volumeId: string
  readonly key: string
  readonly projectId: string
  readonly createdAt: string
}
