import type { Voice } from '../people/texts/voice.ts'

/** Names commands in texts as one types them in Slack. */
export const slackVoice: Voice = {
  command: (words) => `/reflex ${words}`,
  onCommandLine: (words) => `reflex ${words} lists them`
}
