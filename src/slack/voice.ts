import type { Voice } from '../people/texts/voice.ts'

/** Texts name commands as one types them in Slack. */
export const slackVoice: Voice = {
  command: (words) => `/reflex ${words}`,
  onCommandLine: (words) => `reflex ${words} lists them`
}
