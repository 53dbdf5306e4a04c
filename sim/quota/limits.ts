/** Limits that somebody set, by project; what is not there is the default. */
export type Limits = Map<string, Record<string, number>>

/** The limits that hold for a project. */
export function limitsOf(
  set: Limits,
  projectId: string,
  defaults: Readonly<Record<string, number>>
): Readonly<Record<string, number>> {
  return { ...defaults, ...set.get(projectId) }
}

/** Sets some limits of a project and leaves the others. */
export function setLimits(set: Limits, projectId: string, change: Readonly<Record<string, number>>): void {
  set.set(projectId, { ...set.get(projectId), ...change })
}

/** Whether one more of `wanted` still fits. */
export function fits(limit: number, used: number, wanted: number): boolean {
  return limit < 0 || used + wanted <= limit
}

/** Limits beside usage; what nobody counts is 0. */
export function cellsOf(
  limits: Readonly<Record<string, number>>,
  used: Readonly<Record<string, number>>
): Readonly<Record<string, { readonly limit: number; readonly used: number }>> {
  return Object.fromEntries(Object.entries(limits).map(([key, limit]) => [key, { limit, used: used[key] ?? 0 }]))
}
