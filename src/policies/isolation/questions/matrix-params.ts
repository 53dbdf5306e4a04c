/** What of the configuration has to be found in the services; names are ids, `<cluster>/<name>`, or bare. */
export interface MatrixParams {
  /** The clouds.yaml entry that sees all projects. */
  readonly cloud: string
  readonly clusters: Readonly<
    Record<
      string,
      {
        /** null: all that its project owns. */
        readonly networks: readonly string[] | null
        readonly volumeTypes: readonly string[]
        /** User ids, or `name@domain`. */
        readonly admins: readonly string[]
        readonly images?: readonly string[]
        /** Networks that its floating IPs may come from. */
        readonly floatingPools?: readonly string[]
      }
    >
  >
  readonly shared: {
    readonly networks: readonly string[]
    readonly volumeTypes: readonly string[]
    readonly images: readonly string[]
  }
  /** As admins. */
  readonly operators: readonly string[]
}
