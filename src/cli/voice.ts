import type { Voice } from '../people/texts/voice.ts'

const command = (words: string): string => `\`reflex ${words}\``

/** Texts name commands as one types them in a terminal. */
export const cliVoice: Voice = { command, onCommandLine: command }
