// Appends until it is killed; each id is printed once its append has been resolved.
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'
import { event, route } from '../../contract/journal-facts.ts'

const journal = await openSqliteJournal({ path: process.argv[2]! })
for (let n = 0; ; n++) {
  const ids = [0, 1, 2].map((k) => `${process.pid}-${n}-${k}`)
  await journal.append({ events: ids.map((id) => route(event(id), `lane-${n % 10}`)), ignored: [] })
  process.stdout.write(`${ids.join('\n')}\n`)
}
