import { problemText } from '../clients/openstack/clouds.ts'
import { showProblem } from '../config/problems.ts'
import { endingTokens } from '../config/token-end.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'

/** reflex.yaml and the entries of clouds.yaml that it names: every mistake, and what is right but hardly meant. */
export const configuration: DoctorCheck = {
  name: 'configuration',
  examine({ file, config, problems, cloudProblems, now }) {
    if (file === null)
      return [
        ok('reflex.yaml', 'there is none: the product runs on the simulated cloud, and only its journal is looked at')
      ]
    const mistakes = problems.map((problem) => {
      const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column}`
      const found = showProblem(problem).slice(place.length).trim()
      return failing(place, found, 'correct it there; `reflex check` shows the same list at once')
    })
    if (config === null) return mistakes
    const clouds = [...cloudProblems].flatMap(([name, found]) =>
      found.problems.map((problem) =>
        failing(
          `cloud entry ${name}`,
          problemText(problem),
          `correct the entry '${name}' in clouds.yaml, or name another one in reflex.yaml`
        )
      )
    )
    const hints: DoctorFinding[] = []
    if (config.notifications.length === 0)
      hints.push(
        warning(
          'notifications',
          'no broker is named: changes are found by the sweep only',
          'name the broker of each OpenStack under `notifications`'
        )
      )
    for (const ending of endingTokens(config.tokens, now()))
      hints.push(warning('tokens', ending, 'docs/security.md, "Tokens", has how one is made'))
    const active = config.policies.filter(({ mode }) => mode !== 'off')
    if (active.length === 0)
      hints.push(
        warning('policies', 'none is on: nothing is ever done', 'set the mode of a policy to observe or enforce')
      )
    for (const { name, mode } of active)
      if (mode === 'observe') hints.push(ok(`policy ${name}`, 'observe: it decides and records, and changes nothing'))
    const well = mistakes.length + clouds.length === 0 ? [ok(file, 'no mistakes')] : []
    return [...well, ...mistakes, ...clouds, ...hints]
  }
}
