/**
 * open: anybody, under any name. read: this machine, or a token; where there are tokens, whatever was passed on takes one.
 * operate, approve: a token, or a user of this machine where there are none. signed: authenticated by the sender's signature, in
 * its own handler.
 */
export type RouteRole = 'open' | 'read' | 'operate' | 'approve' | 'signed'

/** Every route and what it takes; one that is not in here cannot be registered. */
export const routeRoles: Readonly<Record<string, RouteRole>> = {
  'GET /healthz': 'open',
  'GET /readyz': 'open',
  'GET /': 'read',
  'GET /quota': 'read',
  'GET /isolation': 'read',
  'GET /api/v1/simulated-people': 'read',
  'GET /api/v1/openapi.json': 'read',
  'GET /metrics': 'read',
  'GET /api/v1/events': 'read',
  'GET /api/v1/decisions': 'read',
  'GET /api/v1/actions': 'read',
  'GET /api/v1/explain': 'read',
  'GET /api/v1/stream': 'read',
  'GET /api/v1/approvals': 'read',
  'GET /api/v1/stops': 'read',
  'GET /api/v1/lanes': 'read',
  'POST /api/v1/approvals/:id/approve': 'approve',
  'POST /api/v1/approvals/:id/reject': 'approve',
  'POST /api/v1/stops': 'operate',
  'POST /api/v1/resume': 'operate',
  'POST /api/v1/accept': 'operate',
  'POST /api/v1/actions/:id/undo': 'operate',
  'POST /api/v1/restarts': 'operate',
  'POST /api/v1/decisions/:id/again': 'operate',
  'POST /api/v1/lanes/unpark': 'operate',
  'GET /api/v1/quota': 'read',
  'GET /api/v1/isolation': 'read',
  'POST /api/v1/quota/requests': 'operate',
  'POST /api/v1/quota/requests/:id/release': 'operate',
  'POST /webhooks/gitlab': 'signed',
  'POST /slack/commands': 'signed',
  'POST /slack/interactions': 'signed'
}
