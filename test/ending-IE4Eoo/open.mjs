import { createServer } from 'node:net'
import t from 'tap'
t.test('opens', async () => {
  createServer().listen(0, '127.0.0.1')
  throw new Error('before anything could be closed')
})
