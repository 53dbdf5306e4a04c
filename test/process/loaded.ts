// Loaded before a process of the product (`--import`): writes which modules it loaded, one a line, into $LOADED at its end.
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const loaded = new Set<string>()
registerHooks({
  load(url, context, next) {
    loaded.add(url)
    return next(url, context)
  }
})
process.once('exit', () => writeFileSync(process.env.LOADED!, [...loaded].join('\n')))
