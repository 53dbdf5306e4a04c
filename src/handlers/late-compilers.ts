import { createRequire } from 'node:module'
import type { FastifyServerOptions } from 'fastify'

// In the bundle, `require` is esbuild's: build.mjs leaves this line out.
const require = createRequire(import.meta.url)

/** Loads Fastify's compilers of schemas where a route has one: else they would cost every start. */
export const lateCompilers: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    buildValidator: (schemas: unknown, options: unknown) => require('@fastify/ajv-compiler')()(schemas, options),
    buildSerializer: (schemas: unknown, options: unknown) =>
      require('@fastify/fast-json-stringify-compiler')()(schemas, options)
  }
}
