/** The part of seek-bzip that is used here; the package has no types of its own. */
declare module 'seek-bzip' {
  interface Input {
    /** The next byte; throws where there is none. */
    readByte(): number
    read(buffer: Uint8Array, offset: number, length: number): number
  }
  interface Output {
    writeByte(byte: number): void
  }
  const bunzip: { decode(input: Input, output: Output): void }
  export default bunzip
}
