/** Longer than any sentence that helps; services send whole pages, and stack traces of theirs. */
const MOST = 600
/** Read at most: the rest would be cut anyway, and looking for secrets must not take long. */
const READ = 8192

const HIDDEN = '(hidden)'

/** Names after which a secret follows, in headers, forms, JSON and command lines. */
const named =
  /((?:x-(?:auth|subject|service|gitlab)-token|private-token|job-token|(?:proxy-)?authorization|set-cookie|cookie|(?:[a-z0-9]{1,20}[_-]){0,3}(?:token|secret|passwo?r?d|passwd|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|adminpass|userdata|signature)(?:[_-](?:id|key|data|hash)){0,1})["'\\]{0,3}\s{0,3}[:=]\s{0,3}["'\\]{0,3})((?:bearer|basic|token|negotiate)\s{1,3})?((?!\(hidden)[^\s"'\\,;&}\])]{3,})/gi
const scheme = /\b(bearer|basic|negotiate)\s{1,3}[A-Za-z0-9+/_.~=:-]{8,}/gi
/** Known by their looks: Fernet, JSON web tokens, GitLab, Slack, GitHub, AWS, private keys. */
const shapes: readonly RegExp[] = [
  /gAAAA[A-Za-z0-9_-]{20,}={0,2}/g,
  /eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}/g,
  /\b(?:gl[a-z]{2,8}|GR\d{4}[A-Za-z0-9]{3,12})-[A-Za-z0-9_.-]{16,}/g,
  /\bxox[a-z]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}/g,
  /\bgh[a-z]_[A-Za-z0-9]{20,}/g,
  /\bAKIA[A-Z0-9]{16}\b/g,
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g,
  // What Slack and GitLab put into addresses stands for whoever knows it.
  /(?<=hooks\.slack\.com\/)\S+/g
]
const inUrl = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"']{1,512}@/gi

/**
 * Sanitises foreign error text (log injection, leaked secrets): what a service, plug-in or library said, fit to be kept, logged and shown: one line, cut, without what a
 * terminal would obey, and without what looks like a secret.
 */
export function cleanText(text: string, most = MOST): string {
  const shown = text.slice(0, READ).toWellFormed().replace(unshowable, ' ')
  const clean = withoutSecrets(shown).trim()
  if (clean.length <= most && text.length <= READ) return clean
  return `${clean
    .slice(0, most)
    .toWellFormed()
    .replace(/\ufffd$/, '')} … (cut: it was ${text.length} characters)`
}

/** The same text, at most 8,192 characters of it, without what looks like a secret. */
export function withoutSecrets(text: string): string {
  let clean = text.slice(0, READ)
  clean = clean.replace(inUrl, `$1${HIDDEN}@`)
  clean = clean.replace(named, (all, before: string, how: string | undefined, value: string) =>
    isProse(before, value) ? all : `${before}${how ?? ''}${HIDDEN}`
  )
  clean = clean.replace(scheme, `$1 ${HIDDEN}`)
  for (const shape of shapes) clean = clean.replace(shape, HIDDEN)
  return clean
}

/** `token: expired` is a sentence, and `$REFLEX_TOKEN` the name of a variable. */
const isProse = (before: string, value: string): boolean =>
  /^[^"'=\\]*:\s+$/.test(before) && /^(?:[a-z]{1,14}|\$\{?[A-Z_][A-Z0-9_]*)$/i.test(value)

const unshowable = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu

/** An id or a word that somebody else made up; null where it is none: an odd one is of no use to anybody. */
export const wordOrNull = (value: string | null | undefined): string | null =>
  value != null && /^[\x21-\x7e]{1,128}$/.test(value) ? value : null

/** The sentence of anything that was thrown, clean. */
export function errorText(error: unknown, most = MOST): string {
  return cleanText(error instanceof Error ? error.message : String(error), most)
}
