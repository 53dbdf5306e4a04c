/** Removes user and password from any address in a text: `https://user:token@host/…` becomes `https://host/…`. */
export const withoutCredentials = (text: string): string => text.replaceAll(/(?<=[a-z0-9+.-]:\/\/)[^/\s]*@/gi, '')
