import { simulatedPeople } from '../people/simulated-person.ts'
/** The webhook token of the simulated GitLab. */
export const gitlabToken = 'simulated-webhook-token'
/** The API token of the simulated GitLab. */
export const gitlabReadToken = 'simulated-read-token'
/** The signing secret of the simulated Slack. */
export const signingSecret = 'simulated-signing-secret'

/** Beside its journal: the entries of the simulated cloud, as a clouds.yaml. */
export const simulatedClouds = 'simulated.clouds.yaml'

interface Places {
  /** Made anew: the cloud behind an older one is gone. */
  readonly journalPath: string
  readonly kubeconfig: string
  readonly slackUrl: string
  readonly gitlabUrl: string
  /** The SHA-256 of each one's token, in hex. */
  readonly tokens: Readonly<Record<(typeof simulatedPeople)[number], string>>
}

/** Writes the configuration that `npm start` uses where there is no reflex.yaml; the commands beside it read the same. */
export const simulatedConfigText = ({ journalPath, kubeconfig, slackUrl, gitlabUrl, tokens }: Places): string => `
clusters:
  dev: { cloud: dev, tier: bursty, kubernetes: { kubeconfig: ${kubeconfig} } }
  prod:
    cloud: prod
    tier: change-controlled
    windows: [{ name: all-day, always: true }]
    kubernetes: { kubeconfig: ${kubeconfig} }
  infra: { cloud: infra, tier: always-on, kubernetes: { kubeconfig: ${kubeconfig} } }
placement: { erpnext: [prod], runners: [infra] }
policies:
  dns-records:
    mode: enforce
    settings:
      cloud: infra
      fixed: { zone: cloud.lab., ptrNetworks: ['*'] }
      floating: { zone: public.lab. }
  workload-actions:
    mode: enforce
    clusters: { prod: approve }
    settings:
      services:
        erpnext: { namespace: erp, name: erpnext }
        runners: { namespace: ci, name: runners }
      rules:
        - name: release-erpnext
          on: gitlab.merge_request.merge
          when: event.project == "apps/erpnext" && event.branch == "main"
          do: restart
          service: erpnext
        - name: new-runners
          on: gitlab.pipeline
          when: event.project == "infra/runners" && event.branch == event.defaultBranch && event.state == "success"
          do: restart
          service: runners
  quota-rebalance:
    mode: enforce
    settings:
      cloud: admin
      # Short enough to be seen.
      respect: 5m
      coolDown: 1m
      over: 1h
      groups:
        company:
          projects: { prod: { priority: 100 }, infra: { priority: 50 }, dev: { priority: 10 } }
          # As much as the seeded projects have together.
          resources:
            gigabytes_standard:
              { capacity: 3000, floor: 200, low: 10%, high: 20%, quantum: 50, projects: { prod: { low: 20%, high: 30% } } }
            cores: { capacity: 600, floor: 20, low: 5%, high: 15% }
            ram: { capacity: 614400, floor: 20480, low: 5%, high: 15% }
            instances: { capacity: 300, floor: 10, low: 5%, high: 15% }
            floatingip: { capacity: 300, floor: 5, low: 10, high: 30, quantum: 5 }
            loadbalancer: { capacity: 60, floor: 1, low: 2, high: 6 }
          together: [{ cores: 2, ram: 2048, instances: 1 }]
  # What is open in dev and infra is closed at once, what is in prod once somebody approves it.
  isolation:
    mode: enforce
    clusters: { prod: approve }
    settings:
      cloud: admin
      clusters:
        dev: { networks: [dev-net, dev-net2], volumeTypes: [dev-disk], admins: [dev-user], publicPorts: [443/tcp], quota: { cores: 200 } }
        prod: { networks: [prod-net], volumeTypes: [prod-disk], admins: [prod-user], publicPorts: [443/tcp], floatingPools: [admin/public] }
        infra: { networks: [infra-net], volumeTypes: [infra-disk], admins: [infra-user], publicPorts: [443/tcp] }
      shared: { networks: [admin/public], volumeTypes: [standard, __DEFAULT__, encrypted], images: [admin/tiny] }
      crossing:
        - from: prod
          to: infra
          rule: rbac-shared-network
          when: evidence.action == "access_as_shared"
          reason: infra pulls prod's backups
      operators: [admin, reflex, nova, octavia]
approvals: { tiers: { bursty: { groups: [sre] }, change-controlled: { groups: [sre] }, always-on: { groups: [sre] } } }
access: { operate: [sre] }
tokens: [${simulatedPeople.map((actor) => `{ actor: ${actor}, groups: [sre], sha256: '${tokens[actor]}' }`).join(', ')}]
gitlab:
  secrets: [{ token: ${gitlabToken}, projects: [apps/erpnext, infra/runners] }]
  api: { url: '${gitlabUrl}', token: ${gitlabReadToken} }
  users: { alice: alice }
slack:
  signingSecrets: [${signingSecret}]
  botToken: xoxb-sim
  team: T0SIM
  channel: C0SIM
  users:
    UALICE: { actor: alice, groups: [sre] }
    UBOB: { actor: bob, groups: [sre] }
  apiUrl: ${slackUrl}
  responseHosts: [127.0.0.1]
limits:
  deletes: { share: 0.5, from: 10, window: 5m }
sweep: { every: 1m }
journal: { path: ${journalPath} }
`
