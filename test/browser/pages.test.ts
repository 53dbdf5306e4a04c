import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { type Look, openPage, startBrowser } from './chromium.ts'
import { pagesWorld } from './world.ts'

const evil = '<script>window.hit = 1</script><img src=x onerror="window.hit = 1">'
// A folder in REFLEX_TEST_SHOTS gets pictures of every page.
const shots = process.env.REFLEX_TEST_SHOTS

let browser: Browser
t.before(async () => {
  browser = await startBrowser()
})
t.teardown(() => browser.close())

/** Waits until the page says so of itself: what a key or an event does shows a little later. */
const comesTrue = (page: Page, condition: string) => page.waitForFunction(condition)

/** How wide a part of a project's bar is, in percent of the bar. */
const width = async (page: Page, resource: string, cluster: string, part: string) =>
  Number.parseFloat(
    (await bar(page, resource, cluster).locator(`rect.${part}`).first().getAttribute('width')) ?? 'nothing'
  )
const row = (page: Page, resource: string, cluster: string) =>
  page.locator(`section[aria-label="${resource}"] .bars > li`, {
    has: page.locator('.who', { hasText: new RegExp(`^${cluster}$`) })
  })
const bar = (page: Page, resource: string, cluster: string) => row(page, resource, cluster).locator('svg.bar')
const near = (t: Test, found: number, wanted: number, what: string) =>
  t.ok(Math.abs(found - wanted) < 0.02, `${what}: ${found} of ${wanted} percent`)

async function picture(page: Page, name: string) {
  if (shots !== undefined) await page.screenshot({ path: `${shots}/pages-${name}.png` })
}

async function quotas(t: Test, look: Look = {}) {
  const world = await pagesWorld(t)
  await world.move('cores', { dev: [24, 20], prod: [16, 20] }, ['ram: prod is short and nobody has to spare'])
  await world.request('alice', 'prod', 'cores', 4, Date.now() + 4 * 3_600_000)
  await world.request(evil, 'infra', 'floatingip', 2, null)
  const opened = await openPage(t, browser, `${world.base}/quota`, look)
  await opened.page.locator('.card').first().waitFor()
  return { ...world, ...opened }
}

t.test('quota: bars have the proportions of what was read', async (t) => {
  const { page, complaints, asked, base } = await quotas(t)
  // 20 is the greatest limit of cores.
  for (const [cluster, used] of [
    ['dev', 25],
    ['prod', 90],
    ['infra', 70]
  ] as const) {
    near(t, await width(page, 'cores', cluster, 'limit'), 100, `limit of ${cluster}`)
    near(t, await width(page, 'cores', cluster, 'used'), used, `used by ${cluster}`)
    near(t, await width(page, 'cores', cluster, 'band'), 20, 'between the watermarks')
  }
  near(t, await width(page, 'floatingip', 'prod', 'used'), 80, '4 of 5 are within the limit')
  near(t, await width(page, 'floatingip', 'prod', 'beyond'), 20, 'one is beyond')
  near(t, await width(page, 'floatingip', 'dev', 'used'), 20, '1 of 4 on a scale of 5')
  near(t, await width(page, 'gigabytes_fast', 'infra', 'used'), 80, '400 of 500')
  t.equal(await bar(page, 'cores', 'dev').locator('line.low').getAttribute('x1'), '80%', '4 of 20 must be free')
  t.equal(await bar(page, 'cores', 'dev').locator('line.floor').getAttribute('x1'), '25%')
  t.equal(await bar(page, 'cores', 'dev').locator('line.ceiling').getAttribute('visibility'), 'hidden')

  const said = async (resource: string, cluster: string) =>
    (await row(page, resource, cluster).locator('summary').innerText()).replaceAll(/\s+/g, ' ')
  t.match(await said('cores', 'prod'), /^prod 18 of 20 2 free short full in/)
  t.match(await said('cores', 'dev'), /^dev 5 of 20 15 free can give$/)
  t.match(await said('cores', 'infra'), /^infra 14 of 20 6 free in balance$/)
  t.match(await said('floatingip', 'prod'), /5 of 4 1 too many over/)
  t.match(await said('gigabytes_fast', 'dev'), /120 of ∞ no limit/)
  t.match(await said('gigabytes_fast', 'prod'), /not read/)
  const total = page.locator('section[aria-label="cores"] .row')
  t.match(await total.innerText(), /60 of 60\s+0 free\s+all handed out/)
  t.match(await page.locator('section[aria-label="gigabytes_fast"] .row').innerText(), /capacity not known/)

  t.match(
    await page.locator('[aria-label="Requests"]').innerText(),
    /Request 1 by alice: prod cores \+4, until .* lent/
  )
  t.match(await page.locator('[aria-label="Findings"]').innerText(), /ram: prod is short and nobody/)
  t.strictSame(complaints, [])
  t.ok(
    asked.every((url) => url.startsWith(base) || url.startsWith('data:')),
    'nothing from outside'
  )
  t.comment(`${asked.length} requests`)
})

t.test('quota: a move shows up by itself, drawn from giver to taker, and explains itself', async (t) => {
  const { page, complaints, move } = await quotas(t)
  const flows = page.locator('section[aria-label="cores"] .flows g')
  t.equal(await flows.count(), 1)
  t.match(await page.locator('.moves li').first().innerText(), /cores: dev 24 → 20, prod 16 → 20/)
  const [action = ''] = await move('cores', { dev: [20, 12], prod: [20, 28] })
  await page.locator('.moves li', { hasText: 'dev 20 → 12, prod 20 → 28' }).waitFor()
  await t.resolves(
    page.locator('section[aria-label="cores"] .flows g.fresh').waitFor({ state: 'attached' }),
    'it is drawn as fresh'
  )
  t.equal(await flows.count(), 1)
  t.equal(await flows.first().getAttribute('data-flow'), 'dev>prod')
  t.equal(await flows.first().locator('text').textContent(), '+8')
  near(t, await width(page, 'cores', 'dev', 'limit'), (12 / 28) * 100, 'limit of dev, on the new scale')
  await t.resolves(
    page.locator('#news', { hasText: /cores: .*dev 20 → 12/ }).waitFor({ state: 'attached' }),
    'a screen reader hears of it'
  )

  // The arrow begins at the bar of who gave and ends at the bar of who got.
  const numbers = (await flows.first().locator('path').getAttribute('d'))!.match(/[\d.]+/g)!.map(Number)
  const list = (await page.locator('section[aria-label="cores"] .bars').boundingBox())!
  for (const [cluster, y] of [
    ['dev', numbers[1]!],
    ['prod', numbers.at(-1)!]
  ] as const) {
    const box = (await bar(page, 'cores', cluster).boundingBox())!
    t.ok(list.y + y > box.y && list.y + y < box.y + box.height, `at the bar of ${cluster}`)
  }

  const link = page.locator('.moves a', { hasText: 'dev 20 → 12' })
  t.equal(await link.getAttribute('href'), `/?about=${action}`)
  await link.click()
  await page.locator('#story', { hasText: 'cores of prod are short' }).waitFor()
  await page.keyboard.press('Escape')
  await t.resolves(page.locator('#panel').waitFor({ state: 'hidden' }), 'the panel is closed')
  await t.resolves(
    comesTrue(page, `document.activeElement.textContent === 'dev 20 → 12'`),
    'the keyboard is where it was'
  )
  t.strictSame(complaints, [])
})

t.test('quota: a move as it goes on, out of free capacity, and one that fails', async (t) => {
  const { page, complaints, plan, carryOut, move } = await quotas(t)
  const flow = (resource: string, tone: string) => page.locator(`section[aria-label="${resource}"] .flows g.${tone}`)
  await plan('cores', { dev: [20, 18], prod: [20, 22] })
  await flow('cores', 'going').first().waitFor({ state: 'attached' })
  t.strictSame(await flow('cores', 'going').locator('text').allTextContents(), ['+2'])
  await carryOut()
  await t.resolves(
    page.locator('.moves li:first-child', { hasText: /cores: dev 20 → 18.*, prod 20 → 22.* \(going on\)/ }).waitFor(),
    'the move goes on'
  )
  await carryOut()
  await flow('cores', 'fresh').first().waitFor({ state: 'attached' })
  await t.resolves(flow('cores', 'going').first().waitFor({ state: 'detached' }), 'nothing goes on any more')

  await move('floatingip', { infra: [4, 6] })
  await page.locator('[data-flow="free>infra"]').waitFor({ state: 'attached' })
  await plan('ram', { dev: [40_960, 38_912], infra: [40_960, 43_008] })
  await carryOut('409 of nova')
  await flow('ram', 'failed').waitFor({ state: 'attached' })
  await page.locator('.moves li', { hasText: 'dev 40,960 → 38,912 (failed)' }).waitFor()
  t.strictSame(complaints, [])
})

t.test('the live page opens with what the address is about', async (t) => {
  const { base, move } = await pagesWorld(t)
  const [action] = await move('cores', { dev: [24, 20], prod: [16, 20] })
  const { page, complaints } = await openPage(t, browser, `${base}/?about=${action}`)
  await page.locator('#story', { hasText: 'cores of prod are short' }).waitFor()
  await page.locator('#list button', { hasText: 'quota-set' }).first().waitFor()
  await picture(page, 'live-light')
  t.equal(await page.locator('nav [aria-current=page]').innerText(), 'Live')
  t.strictSame(complaints, [])
})

async function breaches(t: Test, look: Look = {}) {
  const world = await pagesWorld(t)
  const { journal } = world
  await breached(journal, 'network/p-dev/net-1', [
    breach({ state: 'noticed', because: 'closed at 12:05 unless it is gone by then' }),
    breach({ detail: 'rbac-2', to: '*', severity: 'critical', summary: 'dev-net is shared with everybody' })
  ])
  await breached(journal, 'network/p-dev/net-1', [
    breach({ state: 'noticed', because: 'closed at 12:05 unless it is gone by then' })
  ])
  await breached(
    journal,
    'volume-type/p-prod/t1',
    [
      breach({
        rule: 'volume-type-foreign',
        layer: 'storage',
        severity: 'medium',
        from: 'prod',
        to: 'infra',
        name: 'fast',
        detail: '',
        resource: 'volume-type/p-prod/t1',
        state: 'closing',
        summary: 'the volume type fast of prod may be used by infra',
        because: 'closed by volume-type-access-remove t1'
      })
    ],
    'window'
  )
  await breached(journal, 'image/p-dev/i1', [
    breach({
      rule: 'image-visible',
      layer: 'storage',
      severity: 'low',
      state: 'exempt',
      detail: '',
      resource: 'image/p-dev/i1',
      name: evil,
      summary: `the image ${evil} of dev is visible to prod`,
      because: 'eve answers for it until 2027-01-01: golden image',
      evidence: { visibility: evil }
    })
  ])
  const opened = await openPage(t, browser, `${world.base}/isolation`, look)
  await opened.page.locator('.chip').first().waitFor()
  return { ...world, ...opened }
}

t.test('isolation: the matrix, every finding with when, who and why, and what is over', async (t) => {
  const { page, complaints } = await breaches(t)
  t.same(await page.locator('#matrix thead b').allInnerTexts(), ['dev', 'prod', 'infra'])
  t.same((await page.locator('.chip').evaluateAll((all) => all.map((one) => one.textContent))).toSorted(), [
    'networkhigh 11 noticed',
    'storageexempt 11 exempt',
    'storagemedium 11 held'
  ])
  t.match(await page.locator('#count').innerText(), '3 findings')
  t.match(await page.locator('#found li').first().innerText(), /high\s+noticed\s+dev → prod, network/)
  t.match(
    await page.locator('#over').innerText(),
    /critical\s+fixed\s+dev → everybody, network\s+dev-net is shared with everybody\s+over/
  )

  await page.locator('#found summary').first().click()
  const facts = (await page.locator('#found .facts').first().innerText()).replaceAll(/\s+/g, ' ')
  for (const one of [
    'Why so closed at 12:05 unless it is gone by then',
    'Rule rbac-shared-network · rbac-1',
    'By user u-eve',
    'Request req-breached-',
    'Evidence { "rbac": "rbac-1", "target": "p-prod" }',
    'found by decision 1, last seen by decision 2'
  ])
    t.ok(facts.includes(one), one)

  // A place in the matrix is a filter.
  await page.locator('.chip', { hasText: 'held' }).click()
  t.equal(await page.locator('.chip[aria-pressed=true]').count(), 1)
  t.match(await page.locator('#count').innerText(), '1 of 3 findings')
  await page.locator('#found summary').click()
  t.match(await page.locator('#found .facts').innerText(), /the guard holds it \(window, until a person acts\)/)
  await page.locator('#all').click()
  await page.locator('input[name=exempt]').uncheck()
  t.match(await page.locator('#count').innerText(), '2 of 3 findings')
  await page.locator('#text').fill('nothing like it')
  t.match(await page.locator('#found').innerText(), 'Nothing matches these filters.')
  t.strictSame(complaints, [])
})

t.test('isolation: a breach shows up by itself and goes when it is closed', async (t) => {
  const { page, complaints, journal, wake } = await breaches(t)
  const fresh = breach({
    layer: 'identity',
    from: 'infra',
    to: 'dev',
    rule: 'admin-granted',
    summary: 'bob is admin of two'
  })
  await breached(journal, 'person/bob', [fresh])
  wake()
  await page.locator('#found', { hasText: 'bob is admin of two' }).waitFor()
  await page.locator('.chip', { hasText: 'identity' }).waitFor()
  t.equal(await page.locator('.chip', { hasText: 'identity' }).count(), 1)
  await t.resolves(
    page.locator('#news', { hasText: 'bob is admin of two' }).waitFor({ state: 'attached' }),
    'a screen reader hears of it'
  )
  await breached(journal, 'person/bob', [])
  wake()
  await page.locator('#over', { hasText: 'bob is admin of two' }).waitFor()
  await t.resolves(
    page.locator('#found', { hasText: 'bob is admin of two' }).waitFor({ state: 'detached' }),
    'it is no longer among the findings'
  )
  t.strictSame(complaints, [])
})

t.test('texts from the bus stay text', async (t) => {
  const quota = await quotas(t)
  t.ok((await quota.page.locator('[aria-label="Requests"]').innerText()).includes(`by ${evil}: infra`))
  const { page } = await breaches(t)
  await page.locator('#found summary', { hasText: 'the image' }).click()
  t.ok((await page.locator('#found').innerText()).includes(`the image ${evil} of dev`))
  t.ok((await page.locator('#found .facts pre').last().innerText()).includes('onerror='))
  for (const one of [quota.page, page]) {
    t.equal(await one.evaluate('window.hit'), undefined)
    t.equal(await one.locator('img').count(), 0)
  }
  t.strictSame([...quota.complaints], [])
})

t.test('the policy refuses what a page does not have itself, and this test would see it', async (t) => {
  const { page, complaints } = await quotas(t)
  await page.evaluate(`(() => {
    const script = document.createElement('script')
    script.textContent = 'window.hit = 1'
    document.body.append(script)
    document.body.setAttribute('style', 'color: red')
  })()`)
  t.equal(await page.evaluate('window.hit'), undefined)
  const refused = () => complaints.filter((one) => one.startsWith('policy: ')).map((one) => one.split(' ')[1])
  for (let tries = 0; refused().length < 2 && tries < 200; tries++) await sleep(50)
  t.strictSame(refused().sort(), ['script-src-elem', 'style-src-attr'])
})

t.test('the keyboard reaches every row and opens it', async (t) => {
  for (const [name, open] of [
    ['quota', quotas],
    ['isolation', breaches]
  ] as const) {
    const { page } = await open(t)
    const wanted = await page.locator('.bars summary, .found summary, .chip').count()
    t.ok(wanted >= 5, `${name}: ${wanted} rows`)
    const reached = new Set<string>()
    let last = ''
    for (let n = 0; n < 80 && reached.size < wanted; n++) {
      await page.evaluate('window.before = document.activeElement')
      await page.keyboard.press('Tab')
      await comesTrue(page, 'document.activeElement !== window.before')
      const at = await page.evaluate<string>(
        `(() => { const one = document.activeElement; return one.matches('.bars summary, .found summary, .chip') ? [...document.querySelectorAll('summary, .chip')].indexOf(one) + '' : '' })()`
      )
      if (at === '') continue
      reached.add(at)
      last = at
    }
    t.equal(reached.size, wanted, `${name}: all are reached`)
    await page.keyboard.press('Enter')
    await t.resolves(
      comesTrue(page, `document.activeElement.parentElement.open`),
      `${name}: row ${last} opens with its facts`
    )
    await t.resolves(page.locator('details[open] .facts').first().waitFor(), `${name}: they are seen`)
  }
})

t.test('narrow screens need no scrolling sideways; light and dark differ', async (t) => {
  for (const [name, open] of [
    ['quota', quotas],
    ['isolation', breaches]
  ] as const) {
    const colours = []
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(t, { colorScheme })
      await page.locator('.bars summary, .found summary').first().click()
      colours.push(await page.evaluate(`getComputedStyle(document.body).backgroundColor`))
      await picture(page, `${name}-${colorScheme}`)
    }
    t.equal(new Set(colours).size, 2, name)
    const { page } = await open(t, { width: 390, height: 800 })
    await page.locator('.bars summary, .found summary').first().click()
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, name)
    t.ok(
      (await page.evaluate<number>(
        `document.querySelector('.page').scrollWidth - document.querySelector('.page').clientWidth`
      )) <= 0,
      `${name}: nothing is wider than the page`
    )
    await picture(page, `${name}-narrow`)
  }
})

t.test('motion is for those who want it', async (t) => {
  for (const [reducedMotion, moves] of [
    ['reduce', false],
    ['no-preference', true]
  ] as const) {
    const { page, move } = await quotas(t, { reducedMotion })
    await move('cores', { dev: [20, 12], prod: [20, 28] })
    await page.locator('.flows .fresh path').waitFor({ state: 'attached' })
    const style = await page.evaluate(`getComputedStyle(document.querySelector('.flows .fresh path')).animationName`)
    t.equal(style !== 'none', moves, `${reducedMotion}: ${style}`)
  }
})
