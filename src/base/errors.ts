import { format } from 'node:util'

/** Every error that a caller may see: the code is the contract, the sentence says how to go on. */
const ERRORS = {
  BAD_PARAMETER: [400, "parameter '%s' = %s: %s; allowed: %s"],
  UNKNOWN_PARAMETER: [400, "there is no parameter '%s'%s; parameters are: %s"],
  FORBIDDEN_HOST: [
    421,
    "this server does not answer to the name '%s': ask for 127.0.0.1, or list the name in http.hosts"
  ],
  NO_TOKEN: [
    401,
    'this takes a bearer token (Authorization: Bearer …; `reflex` sends REFLEX_TOKEN): see docs/security.md'
  ],
  WRONG_TOKEN: [
    401,
    'this token is not among the tokens of reflex.yaml: mistyped, or taken away? docs/security.md says how to make one'
  ],
  EXPIRED_TOKEN: [
    401,
    'this token ran out (tokens[].expires in reflex.yaml): ask for a new one; docs/security.md says how to make one'
  ],
  READS_ONLY: [403, 'this token only reads (role: read in reflex.yaml): ask with one of a person who may change this'],
  NO_PROOF: [
    403,
    'there are no tokens in reflex.yaml: changes then take a proof that you are the user whom this product runs as. ' +
      '`reflex` sends it by itself as that user; with curl: -H "authorization: Bearer $(cat <journal>.key)", the file beside the ' +
      'journal that is made anew at each start; everybody else takes a token (docs/security.md)'
  ],
  LOOPBACK_ONLY: [
    403,
    'there are no tokens in reflex.yaml: until there are, changes are taken from this machine only, and not through a proxy'
  ],
  CROSS_SITE: [403, 'a page of another site asked for this: only pages from here and programs are answered'],
  NOT_JSON: [415, 'send the body as application/json, {} where there is nothing to say'],
  BAD_BODY: [400, 'the body is wrong: %s'],
  BAD_REQUEST: [400, 'this is no HTTP request that can be read'],
  BAD_ADDRESS: [400, 'this address cannot be read: a % is followed by two digits 0-9 A-F, and both together are UTF-8'],
  LONG_ADDRESS: [414, 'a part of this address is too long: ids and numbers have at most 100 characters'],
  LONG_HEADERS: [431, 'the headers of this request are too long: 16 kB are the most'],
  TOO_SLOW: [408, 'this request took too long to arrive: send it whole, at once'],
  BUSY: [
    503,
    'too many large bodies come at once, and most of them from where this one does: send it again in a minute'
  ],
  NO_SECRET: [
    403,
    'this takes nothing while it cannot tell who sends: set %s in reflex.yaml, and the same secret at the sender'
  ],
  WRONG_SIGNATURE: [401, 'refused, nothing was read: %s'],
  REFUSED_TOO_OFTEN: [
    429,
    'refused, nothing was read: more than %d refused deliveries came from this address within a minute; say in %d s what is right'
  ],
  UNDER_PRESSURE: [
    503,
    'not taken, nothing was stored: this process is too busy to answer in time, send it again in %d s'
  ],
  BAD_DELIVERY: [400, 'not taken, nothing was stored: %s'],
  TOO_BIG: [413, 'not taken, nothing was stored: the body is larger than %d bytes'],
  NOT_STORED: [
    503,
    'not taken: the journal could not be written (the log says why, request id %s). Send it again when it can'
  ],
  UNKNOWN: [404, '%s'],
  REFUSED: [403, '%s'],
  CONFLICT: [409, '%s'],
  UNCONFIRMED: [409, '%s'],
  NO_ROUTE: [404, 'there is nothing at %s %s; try /, /healthz, /readyz, /metrics or /api/v1/events'],
  NOTHING_FOUND: [404, "the journal knows nothing about '%s'. Looked for: %s"],
  TOO_MANY_STREAMS: [503, '%s live streams are taken: close a browser tab and try again'],
  ONE_AT_A_TIME: [
    429,
    'you have asked %d questions that are not answered yet: each caller is answered one at a time, ask again when they are'
  ],
  READ_TOO_LONG: [503, '%s'],
  READS_TAKEN: [503, '%s'],
  READER_LOST: [503, '%s'],
  INTERNAL: [500, 'something went wrong here; the log has it under request id %s']
} as const satisfies Record<string, readonly [number, string]>

/** The stable code of an expected error, as API clients see it. */
export type ErrorCode = keyof typeof ERRORS

/** An expected error as a value, for whoever answers the caller. */
export interface Failure {
  readonly code: ErrorCode
  readonly status: number
  readonly message: string
}

/** Makes the answer for an expected error of the catalogue, with its words filled in. */
export function failure(code: ErrorCode, ...words: readonly (string | number)[]): Failure {
  const [status, sentence] = ERRORS[code]
  return { code, status, message: format(sentence, ...words) }
}
