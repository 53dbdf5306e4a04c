/** What a condition compares with. */
export type Value = string | number

/** Conditions joined by `and`, with the values for their `?`. */
export class Where {
  readonly texts: string[] = ['1']
  readonly values: Value[] = []

  and(text: string, ...values: Value[]): void {
    this.texts.push(text)
    this.values.push(...values)
  }

  /** A condition only where there is a value. */
  maybe(text: string, value: Value | undefined): void {
    if (value !== undefined) this.and(text, ...Array<Value>(text.split('?').length - 1).fill(value))
  }

  /** `compute.*` is every type that begins so. */
  type(column: string, type: string | undefined): void {
    if (type === undefined) return
    if (!type.endsWith('*')) this.and(`${column} = ?`, type)
    else this.and(`substr(${column}, 1, ?) = ?`, type.length - 1, type.slice(0, -1))
  }

  toString(): string {
    return this.texts.join(' and ')
  }
}
