import { nearest } from '../base/nearest.ts'
import type { Command, Context, ExitCode } from './command.ts'

/** `reflex doctor`: looks at everything that the product stands on, and says what to do. */
export const doctorCommand: Command = {
  name: 'doctor',
  usage: 'doctor [--json]',
  summary: 'looks at configuration, journal, clouds, brokers and DNS, and says what to do; changes nothing',
  async run(args: readonly string[], { env, cwd, out, err }: Context): Promise<ExitCode> {
    const unknown = args.find((arg) => arg !== '--json')
    if (unknown !== undefined) {
      const meant = nearest(unknown.replace(/^-+/, ''), ['json'])
      const hint = meant === null ? '' : `, did you mean --${meant}?`
      err(`reflex doctor: there is no option ${unknown}${hint}\nusage: reflex ${doctorCommand.usage}\n`)
      return 2
    }
    const [{ diagnose }, { render }] = await Promise.all([import('../doctor/run.ts'), import('../doctor/render.ts')])
    const examined = await diagnose({ env, cwd })
    out(args.length > 0 ? `${JSON.stringify(examined, null, 2)}\n` : render(examined))
    return examined.some(({ findings }) => findings.some(({ level }) => level === 'failure')) ? 1 : 0
  }
}
