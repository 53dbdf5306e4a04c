/** Makes the ownership mark that is written into the description of everything that we make. */
export function mark(installId: string): string {
  return `stackreflex ${installId}`
}

/** Tells whether two recordsets say the same; order means nothing in DNS. */
export function sameRecords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join() === [...b].sort().join()
}
