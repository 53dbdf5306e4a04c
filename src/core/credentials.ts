/** A text without the user and password of any address in it: `https://user:token@host/…` becomes `https://host/…`. */
export const withoutCredentials = (text: string): string => text.replaceAll(/(?<=[a-z0-9+.-]:\/\/)[^/\s]*@/gi, '')
