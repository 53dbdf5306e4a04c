import t from 'tap'
import { projectOfUrl } from '../../src/core/commit.ts'
import { withoutCredentials } from '../../src/core/credentials.ts'
import { withoutEnd } from '../../src/core/without-end.ts'
import { parseJson } from '../../src/events/openstack/json.ts'
import { unmarked } from '../../src/events/slack-marks.ts'

// Each of these took time by the square of the text or worse: at these lengths, hours. That the file ends is what is tested.
const long = 1_000_000

t.test('what people type in Slack is read in a time that grows with it', async (t) => {
  t.equal(unmarked('*restart* _erpnext_ `on` ~prod~'), 'restart erpnext on prod')
  t.equal(unmarked('*_restart_ erpnext*'), 'restart erpnext')
  t.equal(unmarked('a*b* 2*3 *open'), 'a*b* 2*3 *open')
  for (const text of ['*a', '*a ', '_', '*_~', '` *a']) t.ok(unmarked(text.repeat(long / 10)).length > 0)
})

t.test('a notification that is no JSON, of quotes that nobody closes', async (t) => {
  t.same(parseJson('{"a": NaN, "b": "NaN \\" Infinity", "c": -Infinity}'), { a: null, b: 'NaN " Infinity', c: null })
  t.equal(parseJson(`NaN "${'\\"'.repeat(long)}`), undefined)
  t.equal(parseJson(`NaN "${'\\\\'.repeat(long)}\\`), undefined)
})

t.test('addresses in an error of a service', async (t) => {
  t.equal(withoutCredentials('at https://u:p@h/x and git+ssh://u@h'), 'at https://h/x and git+ssh://h')
  t.equal(withoutCredentials('a'.repeat(long)).length, long)
  t.equal(withoutCredentials('a://'.repeat(long / 4)).length, long)
})

t.test('what ends with one character a million times, and then does not', async (t) => {
  t.equal(withoutEnd('a//', '/'), 'a')
  t.equal(withoutEnd('//', '/'), '')
  t.equal(projectOfUrl(`https://h/a${'/'.repeat(long)}b`)?.length, long + 2)
  t.equal(projectOfUrl('https://h//apps/web.git'), 'apps/web')
  t.equal(projectOfUrl('git@h:apps/web//'), 'apps/web')
})
