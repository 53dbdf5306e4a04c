import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'
import { readApplicationCredential } from './application-credential.ts'
import { readFloatingIp } from './floating-ip.ts'
import { readGroup } from './group.ts'
import { readImage } from './image.ts'
import { readMapping } from './mapping.ts'
import { readNetwork } from './network.ts'
import { readPerson } from './person.ts'
import { readPort } from './port.ts'
import { readProject } from './project.ts'
import { readRbacPolicy } from './rbac-policy.ts'
import type { ReadOne } from './reading.ts'
import { readRouter } from './router.ts'
import { readSecurityGroup } from './security-group.ts'
import { readServer } from './server.ts'
import type { Subject, SubjectKind } from './subjects.ts'
import { readTrust } from './trust.ts'
import { readVolume } from './volume.ts'
import { readVolumeType } from './volume-type.ts'

const readers: Readonly<Record<SubjectKind, ReadOne>> = {
  'application-credential': readApplicationCredential,
  'floating-ip': readFloatingIp,
  group: readGroup,
  image: readImage,
  mapping: readMapping,
  network: readNetwork,
  person: readPerson,
  port: readPort,
  project: readProject,
  'rbac-policy': readRbacPolicy,
  router: readRouter,
  'security-group': readSecurityGroup,
  server: readServer,
  trust: readTrust,
  volume: readVolume,
  'volume-type': readVolumeType
}

type Params = { readonly cloud: string; readonly kind: SubjectKind; readonly id: string }

/**
 * Answers `isolation-subject`: the resource as it is now, null only where its service says that this very id does not
 * exist. Rejects where it could not be read, and for a server of a cell that is down.
 */
export async function loadIsolationSubject({ cloud, kind, id }: Params, tools: Tools): Promise<Subject | null> {
  const [clients, clusters] = await Promise.all([tools.isolation(cloud), tools.clusters()])
  const projects = new Set(clusters.map((cluster) => cluster.projectId))
  return readers[kind](id, { clients, journal: tools.journal, projects })
}

/** Defines the question: what is this resource like now? An application credential's id is `<user id>/<id>`. */
export const subjectQuestion = defineQuestion('isolation-subject', loadIsolationSubject)
