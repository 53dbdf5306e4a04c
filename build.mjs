// One bundle for production in dist/: the server, the threads of the consumer, of whoever asks and of what is appended, and the `reflex` command; shared code in chunks.
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'
import { jsonSchema } from './src/config/json-schema.ts'
import { policies } from './src/policies/index.ts'
import { validators } from './validators.mjs'

const made = {
  name: 'made at build time',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /src\/config\/compiled\.ts$/ }, () => ({
      contents: validators(),
      loader: 'js',
      resolveDir: import.meta.dirname
    }))
    onLoad({ filter: /src\/config\/json-schema\.ts$/ }, () => ({
      contents: `export const jsonSchema = () => (${JSON.stringify(jsonSchema(policies))})`,
      loader: 'js'
    }))
    // What schemas are written with is needed no more: each call gives an empty one.
    onResolve({ filter: /^typebox$/ }, ({ importer }) =>
      /src\/(config\/[^/]+|policies\/[^/]+\/(settings|undo|policy))\.ts$/.test(importer)
        ? { path: 'typebox', namespace: 'no-schemas' }
        : null
    )
    onLoad({ filter: /.*/, namespace: 'no-schemas' }, () => ({
      contents: 'export const Type = new Proxy({}, { get: () => () => ({}) })',
      loader: 'js'
    }))
    // With esbuild's own `require`, libraries are in the bundle and yet not evaluated before they are asked for.
    onLoad({ filter: /src\/(core|handlers)\/late-[a-z]+\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/^const require = .*$/m, ''),
      loader: 'ts'
    }))
  }
}

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
  plugins: [made],
  minifyWhitespace: true,
  minifySyntax: true,
  // CommonJS packages inside the bundle ask for Node's own modules with `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning'
})
cpSync('src/ui', 'dist/src/ui', { recursive: true })
cpSync('package.json', 'dist/package.json')
