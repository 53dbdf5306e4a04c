// The reference of `webhook` and `slack`: what no receiver can leave out, a Fastify route that takes a body and answers.
import Fastify from 'fastify'

const app = Fastify()
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/*', { bodyLimit: 26_214_400 }, async () => ({ stored: [] }))
process.on('SIGTERM', () => process.exit(0))
console.log(`is up: ${await app.listen({ host: '127.0.0.1', port: 0 })}`)
