import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { bunzipSync } from './bunzip.ts'

/** RabbitMQ 4 refuses larger messages by default, and the largest notification of a lab run is 9 kB. */
const maxBytes = 16 * 1024 * 1024

const begins = (bytes: Uint8Array, ...with_: readonly number[]) => with_.every((byte, i) => bytes[i] === byte)

/** RFC 1950: deflate in a window of at most 32 kB, and a header that 31 divides. No JSON text begins so. */
const zlib = (bytes: Buffer) =>
  bytes.length > 2 && (bytes[0]! & 0x0f) === 8 && bytes[0]! >> 4 <= 7 && bytes.readUInt16BE(0) % 31 === 0

/**
 * The body as it was before kombu compressed it, or why it cannot be had. Told by content: what kombu calls
 * `application/x-gzip` is a zlib stream, and one that it calls `bz2` in one release it knows as `bzip2` only in another.
 */
export function decompress(body: Uint8Array, compression: unknown): Buffer | string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (bytes.length > maxBytes) return 'the body is larger than 16 MiB'
  try {
    if (begins(bytes, 0x1f, 0x8b)) return gunzipSync(bytes, { maxOutputLength: maxBytes })
    if (begins(bytes, 0x42, 0x5a, 0x68)) return bunzipSync(bytes, maxBytes)
    if (begins(bytes, 0x28, 0xb5, 0x2f, 0xfd)) return zstdDecompressSync(bytes, { maxOutputLength: maxBytes })
    if (begins(bytes, 0xfd, 0x37, 0x7a, 0x58, 0x5a) || begins(bytes, 0x5d, 0x00, 0x00)) {
      return `the body is compressed with lzma, which is not supported: ${choice}`
    }
    if (zlib(bytes)) return inflateSync(bytes, { maxOutputLength: maxBytes })
    // The only one without a mark of its own.
    if (/brotli|^br$/.test(String(named(compression)))) {
      return brotliDecompressSync(bytes, { maxOutputLength: maxBytes })
    }
  } catch {
    return unreadable
  }
  if (named(compression) === null || plain(bytes)) return bytes
  return /gzip|zlib|deflate|bz(ip)?2?$|zstd/.test(String(compression))
    ? unreadable
    : `the body is compressed in a way that is not supported: ${choice}`
}

const unreadable = 'the body cannot be decompressed, or is too large when it is'
const choice = 'set kombu_compression = gzip or leave it out'

const named = (compression: unknown) => (typeof compression === 'string' ? compression : null)

/** Some senders leave the header on what is not worth compressing. */
const plain = (bytes: Buffer) => /^\s*\{/.test(bytes.toString('latin1', 0, 64))
