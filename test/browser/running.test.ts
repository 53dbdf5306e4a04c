import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startProduct } from '../e2e/running.ts'
import { openPage, startBrowser } from './chromium.ts'

t.test('the pages of the running demo: each is alive and has nothing to complain of', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-demo-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const product = await startProduct({ PORT: '0' }, cwd, () => {})
  t.teardown(() => product.close())
  const browser = await startBrowser()
  t.teardown(() => browser.close())

  const live = await openPage(t, browser, product.url)
  const row = live.page.locator('#list button', { hasText: 'recordset-set' }).first()
  await t.resolves(row.waitFor(), 'a record that was set shows up by itself')
  await row.click()
  await t.resolves(live.page.locator('#story', { hasText: /decision|decided/i }).waitFor(), 'and is explained')

  const quota = await openPage(t, browser, `${product.url}/quota`)
  await t.resolves(quota.page.locator('section[aria-label="cores"] .bars li').nth(2).waitFor(), 'three projects share')

  const isolation = await openPage(t, browser, `${product.url}/isolation`)
  await t.resolves(isolation.page.locator('#matrix thead b').first().waitFor(), 'the matrix is there')

  for (const { complaints, asked } of [live, quota, isolation]) {
    t.strictSame(complaints, [])
    t.ok(
      asked.every((url) => url.startsWith(product.url) || url.startsWith('data:')),
      'nothing from outside'
    )
  }
})
