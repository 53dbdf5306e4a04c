/** A time-out for a promise: what the work comes to, or what `late` gives (or throws) where that takes longer than so many ms; the work itself goes on. */
export async function inTime<T, Late>(ms: number, work: Promise<T>, late: () => Late): Promise<T | Late> {
  const { promise, resolve, reject } = Promise.withResolvers<Late>()
  const timer = setTimeout(() => {
    try {
      resolve(late())
    } catch (error) {
      reject(error)
    }
  }, ms)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}
