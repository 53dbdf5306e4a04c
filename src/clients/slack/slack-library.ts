// A CommonJS package that is loaded late: in the production bundle a dynamic import of one gives only `default`, so this
// module imports it plainly, and is itself what is loaded late.
export { LogLevel, WebClient } from '@slack/web-api'
