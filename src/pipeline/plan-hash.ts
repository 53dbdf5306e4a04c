import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { planContent } from '../core/approval.ts'
import type { Decision } from '../core/policy.ts'

/** Hashes a value by what it says (RFC 8785, then SHA-256), in hex: the order of its keys does not count. */
export const sha256Of = (value: unknown): string =>
  createHash('sha256')
    .update(canonicalize(value) ?? 'null')
    .digest('hex')

/** Hashes a plan; an approval is bound to it: a plan that differs in anything that it does or expects is another one. */
export const planHash = (policy: string, lane: string, decision: Decision): string =>
  sha256Of(planContent(policy, lane, decision))
