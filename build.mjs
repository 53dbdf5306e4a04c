// One bundle for production in dist/: the server, the threads of the consumer, of whoever asks and of what is appended, and the `reflex` command; shared code in chunks.
import { cpSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: [
    'src/server.ts',
    'src/process/consume-thread.ts',
    'src/store/sqlite/read-thread.ts',
    'src/store/sqlite/write-thread.ts',
    'src/cli/cli.ts'
  ],
  outdir: 'dist/src',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: '[name]-[hash]',
  // CommonJS packages inside the bundle ask for Node's own modules with `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning'
})
cpSync('src/ui', 'dist/src/ui', { recursive: true })
cpSync('package.json', 'dist/package.json')
