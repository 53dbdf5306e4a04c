// Makes every npm script run on Node 24 with the locked dependencies, on a fresh clone and on any Node:
// npm puts node_modules/.bin first on PATH for the next shell, so each script has its own `pre` line that runs this file.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const nodeBin = 'node_modules/.bin/node'
const enough = Number(process.versions.node.split('.')[0]) >= 24

const packages = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined)

/** npm writes node_modules/.package-lock.json last, so a broken or stale install shows as a difference of integrity. */
const installed = () => {
  const have = packages('node_modules/.package-lock.json')
  if (have === undefined) return false
  const here = (p) => !p.os && !p.cpu && !p.libc && !p.optional // another platform's optional package is never installed
  const wanted = Object.entries(packages('package-lock.json')).filter(([path, p]) => path !== '' && here(p))
  return wanted.every(([path, p]) => have[path]?.integrity === p.integrity) && (enough || existsSync(nodeBin))
}

if (!installed()) {
  console.error('stackreflex: installing the locked dependencies (first run, about 20 s)')
  try {
    execFileSync('npm', ['ci', '--loglevel=error'], { stdio: ['ignore', 2, 2] })
  } catch {
    console.error(
      'stackreflex: `npm ci` failed; its own message is above. Mend that (often: network or disk) and run again.'
    )
    process.exit(1)
  }
}
if (!enough && !existsSync(nodeBin)) {
  console.error(`stackreflex needs Node 24 or newer. This is ${process.version}, and no Node came with the packages for
${process.platform}-${process.arch}: install Node 24 yourself, then run again.`)
  process.exit(1)
}
