import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

const pages = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', 'lab/*.md'])
const folders = (pattern: string) =>
  globSync(pattern, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? join(one.parentPath, one.name) : []))

t.test('docs/architecture.md names every folder', async (t) => {
  const page = readFileSync('docs/architecture.md', 'utf8')
  const named = new Set([...page.matchAll(/(?:^|[\s`:])((?:[\w-]+\/)+)/gm)].map(([, path]) => path!.replace(/\/$/, '')))
  const here = ['{src,sim,test,bench,lab}/*', 'src/{clients,policies}/*'].flatMap(folders)
  t.ok(here.length > 50, `${here.length} folders`)
  for (const folder of here) if (!named.has(folder.split('/').at(-1)!)) t.fail(`${folder} is not in it`)
})

t.test('no link of a page leads nowhere', async (t) => {
  t.ok(pages.length > 40, `${pages.length} pages`)
  for (const page of pages)
    for (const [, to] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g))
      if (!/^[a-z]+:/.test(to!) && !existsSync(join(dirname(page), to!))) t.fail(`${page}: ${to}`)
})

t.test('no page names a file or folder of the sources that is not there', async (t) => {
  let paths = 0
  // Its example is made by whoever follows it.
  for (const page of pages.filter((one) => one !== 'docs/new-policy.md')) {
    for (const [, path] of readFileSync(page, 'utf8').matchAll(/`((?:src|sim|test|bench|lab)\/[\w./-]*)`/g)) {
      paths++
      if (!existsSync(path!)) t.fail(`${page}: ${path}`)
    }
  }
  t.ok(paths > 30, `${paths} paths`)
})
