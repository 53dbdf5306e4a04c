// 64 callers append through the writer until they are killed; each id is printed once its append has been resolved.
import { createLog } from '../../../src/base/log.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'
import { openSqliteWriter } from '../../../src/store/sqlite/writer.ts'
import { event, route } from '../../contract/journal-facts.ts'

const journalPath = process.argv[2]!
const own = await openSqliteJournal({ path: journalPath })
const writer = openSqliteWriter({ journalPath, own, log: createLog({ level: 'error' }) })
for (let caller = 0; caller < 64; caller++) void append(caller)

async function append(caller: number): Promise<void> {
  for (let n = 0; ; n++) {
    const ids = [0, 1, 2].map((k) => `${process.pid}-${caller}-${n}-${k}`)
    await writer.append({ events: ids.map((id) => route(event(id), `lane-${caller}`)), ignored: [] })
    process.stdout.write(`${ids.join('\n')}\n`)
  }
}
