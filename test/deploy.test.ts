import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { parseConfig } from '../src/config/load.ts'
import { policies } from '../src/policies/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: manifests
const manifests: any[] = parseAllDocuments(readFileSync('deploy/knative/service.yaml', 'utf8')).map((one) => one.toJS())
const kind = (wanted: string) => manifests.find((one) => one.kind === wanted)

t.test('the Knative service runs exactly one instance, cluster-local, with the least rights', async (t) => {
  const service = manifests.find((one) => one.apiVersion === 'serving.knative.dev/v1')
  t.equal(service.metadata.labels['networking.knative.dev/visibility'], 'cluster-local')
  const { metadata, spec } = service.spec.template
  t.equal(metadata.annotations['autoscaling.knative.dev/min-scale'], '1')
  t.equal(metadata.annotations['autoscaling.knative.dev/max-scale'], '1')
  const [container] = spec.containers
  t.match(container.securityContext, {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] }
  })
  const mounted = container.volumeMounts.map((one: { name: string }) => one.name).sort()
  t.same(
    mounted,
    spec.volumes.map((one: { name: string }) => one.name).sort(),
    'every volume is mounted, and none that is not there'
  )
})

t.test('the reflex.yaml in it is one that the product takes, in observe', async (t) => {
  const text = kind('ConfigMap').data['reflex.yaml']
  const parsed = parseConfig(text, 'service.yaml', { REFLEX_AMQP_URL: 'amqp://broker.example.org' }, policies)
  t.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.problems))
  if (!parsed.ok) return
  t.equal(parsed.config.policies[0]?.mode, 'observe')
  t.match(parsed.config.journal.path, /^\/data\//)
})
