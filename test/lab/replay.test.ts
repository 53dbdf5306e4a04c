import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t from 'tap'
import { changedBuild, replayed } from '../pipeline/replaying.ts'
import { labFolder } from './user.ts'

// The journals that the tests before this one left behind (files run in the order of their names, and this is the last):
// every decision that was made on a real cloud.
const journals = globSync(join(labFolder, 'journals/*.db')).sort()

const counted = (out: string) =>
  /(\d+) decisions replayed: (\d+) identical, (\d+) differ/.exec(out)!.slice(1).map(Number) as [number, number, number]

t.test('every decision that the lab saw is made again as it was', async (t) => {
  t.ok(journals.length > 0, `the other lab tests left journals in ${labFolder}/journals`)
  let all = 0
  for (const journal of journals) {
    const { code, out, err } = await replayed('.', journal)
    t.equal(err, '', journal)
    t.equal(code, 0, out.slice(-2000))
    const [decisions, identical] = counted(out)
    t.comment(`${basename(journal)}: ${out.trim().split('\n').at(-1)}`)
    t.equal(identical, decisions)
    all += decisions
  }
  t.ok(all > 0, `${all} decisions`)
})

t.test('with one word less in one policy, decisions differ', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-changed-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const root = changedBuild(join(folder, 'build'))
  let differing = 0
  for (const journal of journals) {
    const { code, out } = await replayed(root, journal)
    const [, , differ] = counted(out)
    t.equal(code, differ > 0 ? 1 : 0)
    differing += differ
  }
  t.comment(`${differing} decisions differ without ACTIVE among the statuses that get records`)
  t.ok(differing > 0)
})
