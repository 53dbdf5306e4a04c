/** Edits that turn one word into the other: insert, delete, replace, swap of neighbours. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}

/** Suggests a correction (did you mean?): the known word that somebody who typed `word` probably meant; null when none is close. */
export function nearest(word: string, known: readonly string[]): string | null {
  // Longer input is no typo of anything, and the comparison is quadratic.
  if (word.length > 64) return null
  let best: string | null = null
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits >= least) continue
    best = candidate
    least = edits
  }
  return best
}

/** `there is no cluster 'prd', did you mean prod? clusters are: dev, prod`, whatever was typed. */
export function noSuch(what: string, typed: string, known: readonly string[]): string {
  const meant = nearest(typed, known)
  const shown = typed.length > 60 ? `${typed.slice(0, 60)}…` : typed
  const list = known.length === 0 ? '' : `${meant === null ? ';' : ''} ${what}s are: ${known.join(', ')}`
  return `there is no ${what} '${shown}'${meant === null ? '' : `, did you mean ${meant}?`}${list}`
}
