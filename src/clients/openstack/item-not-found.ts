import { OpenStackError } from './openstack-error.ts'

/**
 * Whether Nova or Cinder itself says that there is nothing of this id. A 404 for an unknown path says "The resource could
 * not be found.", one for an object names it.
 */
export const itemNotFound = (error: unknown, id: string): error is OpenStackError =>
  error instanceof OpenStackError &&
  error.status === 404 &&
  error.code === 'itemNotFound' &&
  error.message.includes(`${id} could not be found`)
