import type { SimulatedPerson } from '../people/simulated-person.ts'

/** Explains how to try four-eyes approval by hand on the simulated cloud, as `npm start` prints it. */
export function fourEyes(url: string, people: readonly SimulatedPerson[]): string {
  const [first, second] = people
  if (first === undefined || second === undefined) return ''
  const as = (who: SimulatedPerson) => `REFLEX_TOKEN=$${who.actor.toUpperCase()} npx --no reflex`
  return `
Try an approval by hand, in this folder, in another terminal. ${first.actor} and ${second.actor} are people of the simulated company;
their tokens are made anew at each start and open nothing but this demo:

  export REFLEX_URL=${url}
${people.map(({ actor, token }) => `  ${actor.toUpperCase()}=${token}`).join('\n')}
  ${as(first)} restart erpnext on prod   # prod is change-controlled: it waits for somebody else
  ${as(first)} approvals                 # its number, and the plan
  ${as(first)} approve <number>          # refused: who asked does not approve
  ${as(second)} approve <number>            # and it goes
`
}
