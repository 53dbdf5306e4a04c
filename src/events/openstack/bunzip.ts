import bunzip from 'seek-bzip'

/** bzip2, which Node does not speak. Throws on what is no such stream, is cut, or comes to more than `most` bytes. */
export function bunzipSync(bytes: Uint8Array, most: number): Buffer {
  let at = 0
  const input = {
    readByte() {
      // The library takes what lies behind the end for zeros, without an end.
      if (at >= bytes.length) throw new RangeError('the stream ends in its middle')
      return bytes[at++]!
    },
    read(buffer: Uint8Array, offset: number, length: number) {
      for (let i = 0; i < length; i++) buffer[offset + i] = this.readByte()
      return length
    }
  }
  let out = Buffer.allocUnsafe(Math.min(most, Math.max(65_536, 8 * bytes.length)))
  let length = 0
  const output = {
    writeByte(byte: number) {
      if (length === most) throw new RangeError('the stream is too long')
      if (length === out.length) out = Buffer.concat([out], Math.min(most, 2 * out.length))
      out[length++] = byte
    }
  }
  bunzip.decode(input, output)
  return out.subarray(0, length)
}
