// The reference of `coldstart`: what no receiver in Node can leave out, an HTTP server that answers.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end())
})
process.on('SIGTERM', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`is up: http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
