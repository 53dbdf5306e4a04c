import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

// Without what a person would see of a browser: a third of the processor time, and what playwright takes by itself.
const binary = '/usr/lib/chromium/chromium-headless-shell'
const install = 'apt-get install --yes --no-install-recommends chromium-headless-shell'
const run = promisify(execFile)

/** Debian's package, installed where it is missing and we may. */
async function ensureChromium(): Promise<string> {
  if (existsSync(binary)) return binary
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    if (existsSync('/usr/bin/chromium')) return '/usr/bin/chromium'
    throw new Error(`These tests need Chromium in ${binary}. As root: ${install}`)
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], { env })
  const { stdout } = await run('apt-cache', ['policy', 'chromium-headless-shell'])
  if (!/Candidate: \d/.test(stdout)) await apt('update')
  await apt('install', '--yes', '--no-install-recommends', 'chromium-headless-shell')
  return binary
}

/** How long a page may take for what is waited for; where the machine is so busy that the browser itself started slowly, longer. */
const patience = new WeakMap<Browser, number>()
const patienceOf = (startedInMs: number) => Math.min(Math.max(20_000, 10 * startedInMs), 120_000)

/** A browser with a profile of its own that talks to nobody but the pages under test. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await ensureChromium()
  const begun = performance.now()
  const browser = await chromium.launch({
    timeout: 120_000,
    executablePath,
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  })
  patience.set(browser, patienceOf(performance.now() - begun))
  return browser
}

export interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  readonly reducedMotion?: 'reduce' | 'no-preference'
}

/** A page; `complaints` is what its console or its policy said against it, `asked` every address it asked for. */
export async function openPage(t: Test, browser: Browser, url: string, look: Look = {}) {
  const { colorScheme = 'light', width = 1280, height = 900, reducedMotion = 'reduce' } = look
  const context = await browser.newContext({ colorScheme, reducedMotion, viewport: { width, height }, locale: 'en-GB' })
  t.teardown(() => context.close())
  const page: Page = await context.newPage()
  page.setDefaultTimeout(patience.get(browser) ?? 20_000)
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => complaints.push(`${error.message}\n${error.stack}`))
  page.on('request', (request) => asked.push(request.url()))
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  await page.goto(url)
  return { page, complaints, asked }
}
