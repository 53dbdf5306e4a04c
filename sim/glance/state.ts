/** An image as Glance keeps it. */
export interface Image {
  readonly id: string
  name: string
  readonly projectId: string
  visibility: 'public' | 'community' | 'shared' | 'private'
  /** Properties of its own, such as `image_type`. */
  readonly properties: Readonly<Record<string, string>>
  readonly createdAt: string
  updatedAt: string
  /** Project id → how it was answered. */
  readonly members: Map<string, ImageMember>
}

export interface ImageMember {
  status: 'pending' | 'accepted' | 'rejected'
  readonly createdAt: string
  updatedAt: string
}
