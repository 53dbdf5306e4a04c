/** A clouds.yaml with an entry for each of these projects, all in one OpenStack that nobody needs to run. */
export function cloudsFile(projects: readonly string[], more: Readonly<Record<string, object>> = {}): string {
  const auth = { auth_url: 'http://127.0.0.1:1/v3', username: 'reflex', password: 'p', user_domain_id: 'default' }
  const entry = (name: string) => ({ auth: { ...auth, project_name: name, project_domain_id: 'default' } })
  return JSON.stringify({ clouds: { ...Object.fromEntries(projects.map((name) => [name, entry(name)])), ...more } })
}
