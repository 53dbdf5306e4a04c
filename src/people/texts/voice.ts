/** The way in which a text names commands: as the command line has them, or as Slack has. */
export interface Voice {
  command(words: string): string
  /** A command that only the command line has. */
  onCommandLine(words: string): string
}
