// The table of rules as docs/policies/isolation.md shows it; run by itself, it writes it there.
import { readFileSync, writeFileSync } from 'node:fs'
import { rules } from '../../../src/policies/isolation/rules/index.ts'

const [begin, end] = ['<!-- rules: node test/policies/isolation/table.ts -->\n', '<!-- /rules -->\n']

export function docsTable(): string {
  const text = rules.map((rule) => {
    const events =
      rule.events.length === 0 ? 'none: found by the sweep' : rule.events.map((one) => `\`${one}\``).join(', ')
    const cuts = rule.cuts ? 'yes' : 'no'
    return [
      `#### ${rule.name}`,
      '',
      `${rule.what}.`,
      '',
      `| | |`,
      `|---|---|`,
      `| layer, resource | ${rule.layer}, ${rule.kind} |`,
      `| severity, mode | ${rule.severity}, ${rule.mode} |`,
      `| why | ${rule.why} |`,
      `| told by | ${events} |`,
      `| proof | \`${rule.proof}\` |`,
      `| closing it | ${rule.remedy} |`,
      `| cuts off | ${cuts} |`,
      `| undo | ${rule.undo} |`,
      ''
    ].join('\n')
  })
  const rows = rules.map(({ name, layer, kind, severity, mode, cuts, events }) => {
    const told = events.length === 0 ? 'sweep' : 'event'
    return `| [${name}](#${name}) | ${layer} | ${kind} | ${severity} | ${mode} | ${cuts ? 'yes' : 'no'} | ${told} |`
  })
  const head = ['| rule | layer | on | severity | mode | cuts | found by |', '|---|---|---|---|---|---|---|']
  return `${begin}\n${[...head, ...rows].join('\n')}\n\n${text.join('\n')}\n${end}`
}

if (import.meta.filename === process.argv[1]) {
  const page = new URL('../../../docs/policies/isolation.md', import.meta.url)
  const written = readFileSync(page, 'utf8')
  const from = written.indexOf(begin)
  const to = written.indexOf(end) + end.length
  writeFileSync(page, written.slice(0, from) + docsTable() + written.slice(to))
}
