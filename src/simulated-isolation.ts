/**
 * How `isolation` keeps the simulated clusters apart: what is wrong in dev and infra is closed at once, what is in prod once
 * somebody approves it (`/reflex approve`, or Bob in the simulated Slack).
 */
export const simulatedIsolation = `
  isolation:
    mode: enforce
    clusters: { prod: approve }
    settings:
      cloud: admin
      clusters:
        dev: { volumeTypes: [dev-disk], admins: [dev-user], publicPorts: [443/tcp], quota: { cores: 200 } }
        prod: { volumeTypes: [prod-disk], admins: [prod-user], publicPorts: [443/tcp], floatingPools: [public] }
        infra: { volumeTypes: [infra-disk], admins: [infra-user], publicPorts: [443/tcp] }
      shared: { networks: [public], volumeTypes: [standard, __DEFAULT__, encrypted], images: [tiny] }
      crossing:
        - from: prod
          to: infra
          rule: rbac-shared-network
          when: evidence.action == "access_as_shared"
          reason: infra pulls prod's backups
      operators: [admin, reflex, nova, octavia]`
