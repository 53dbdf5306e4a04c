import { randomBytes } from 'node:crypto'
import type { Begun, Unwritten } from '../witness.ts'
import { doubtOf, type KeptStop, readWitness, type Witness, writeWitness } from '../witness.ts'
import type { Connection } from './connection.ts'
import { settleTimes, wasAhead } from './future.ts'
import { readStops } from './holds.ts'
import { reached } from './reached.ts'

const draw = () => randomBytes(8).toString('hex')
const setMeta = (db: Connection, key: string, value: string) =>
  db.sql('insert or replace into meta (key, value) values (?, ?)').run(key, value)

/**
 * Compares journal and witness at the start of the product, before anything is claimed: brings back stops that only the witness has, and
 * draws a new generation where the two agree.
 */
export async function begin(db: Connection): Promise<Begun> {
  const seen = readWitness(db.path)
  const known = seen === null || seen === 'broken' ? null : seen
  const begun = await db.write(() => {
    const here = reached(db)
    const doubt = doubtOf(db.path, here, seen)
    if (doubt !== null && here.doubt === null) setMeta(db, 'doubt', doubt)
    const standing = readStops(db)
    const lost = (known?.stops ?? []).filter((one) => !standing.some((stop) => same(stop, one)))
    for (const { cluster, at, by, reason } of lost)
      db.sql('insert into stop (cluster, at, by, reason) values (?, ?, ?, ?)').run(cluster ?? '', at, by, reason)
    return { doubt, broughtBack: lost, lastAt: known?.at ?? null }
  })
  if (await db.read(() => wasAhead(db))) await db.write(() => settleTimes(db))
  if (begun.doubt === null) await renew(db, known, known?.at ?? db.now())
  return begun
}

const same = (a: KeptStop, b: KeptStop) => a.cluster === b.cluster && a.by === b.by && a.reason === b.reason

/** Another generation: announced beside the journal first, so that an end in between is no loss. */
async function renew(db: Connection, known: Witness | null, at: number): Promise<void> {
  const next = draw()
  if (known !== null) writeWitness(db.path, { ...known, next })
  await db.write(() => {
    db.sql(`delete from meta where key = 'doubt'`).run()
    setMeta(db, 'generation', next)
  })
  await put(db, { stops: [], at })
}

/** Writes beside the journal how far it has come; nothing where the two do not agree. */
export async function witness(db: Connection, unwritten: Unwritten): Promise<void> {
  if ((await doubt(db)) === null) await put(db, unwritten)
}

/** Says why the journal is not believed, as of now; null: it is. */
export const doubt = (db: Connection): Promise<string | null> =>
  db.read(() => doubtOf(db.path, reached(db), readWitness(db.path)))

async function put(db: Connection, { stops, at }: Unwritten): Promise<void> {
  const { here, standing } = await db.read(() => ({ here: reached(db), standing: readStops(db) }))
  const { generation, doubt: _, ...now } = here
  // No product of this build has run on it yet.
  if (generation === null) return
  // What the machine could still forget is not to be missed by the next start.
  await db.synced()
  const written = standing.map(({ cluster, at: since, by, reason }) => ({ cluster, at: since, by, reason }))
  const more = stops.filter((one) => !written.some((stop) => same(stop, one)))
  writeWitness(db.path, { ...now, generation, at, stops: [...written, ...more] })
}

/** Accepts this journal as it is, on a person's word. */
export async function acceptJournal(db: Connection): Promise<void> {
  const seen = readWitness(db.path)
  const known = seen === null || seen === 'broken' ? null : seen
  await renew(db, known, known?.at ?? db.now())
}

/** Accepts this machine's clock, on a person's word. */
export async function acceptClock(db: Connection): Promise<void> {
  const now = db.now()
  await db.write(() => setMeta(db, 'clock', String(now)))
  await witness(db, { stops: [], at: now })
}

/** Returns when a person last accepted the clock, by that clock; to be called within a read. */
export function clockAccepted(db: Connection): number | null {
  const said = db.sql<{ value: string }>(`select value from meta where key = 'clock'`).get()
  return said === undefined ? null : Number(said.value)
}

/** Reads the stops that only the witness has. */
export async function unwrittenStops(db: Connection): Promise<readonly KeptStop[]> {
  const seen = readWitness(db.path)
  if (seen === null || seen === 'broken') return []
  const standing = await db.read(() => readStops(db))
  return seen.stops.filter((one) => !standing.some((stop) => same(stop, one)))
}
