/** One line of readiness. `warning`: a person should look. `failure`: not ready, `/readyz` answers 503. */
export interface Check {
  readonly name: string
  readonly level: 'ok' | 'warning' | 'failure'
  readonly detail: string
}
