// biome-ignore-all lint/correctness/noUnusedVariables: each page uses what it needs of this
// biome-ignore-all lint/suspicious/noRedundantUseStrict: pages have it as a script, not as a module
'use strict'
// Every text on these pages comes from a bus that others write to: it is set with textContent, never as HTML.
const $ = (id) => document.getElementById(id)

const element = (tag, className = '', text = '', attributes = {}) => {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== '') made.textContent = text
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}
const withChildren = (parent, ...children) => {
  parent.append(...children.filter((child) => child !== null))
  return parent
}

const clock = (at) => new Date(at).toLocaleTimeString([], { hour12: false, hour: '2-digit', minute: '2-digit' })
// Times of another day carry it.
const when = (at) => {
  const time = new Date(at)
  const day = time.toDateString() === new Date().toDateString() ? '' : `${time.toLocaleDateString()} `
  return element('time', '', day + clock(at), { datetime: time.toISOString(), title: time.toLocaleString() })
}
const inWords = (ms) => {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return 'less than a minute'
  if (minutes < 90) return `${minutes} min`
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}

// The panel: why something is as it is, in the words of `reflex explain`.
let shownAbout = null
let openedBy = null
// The page is told what the panel is about; null: it is closed.
const page = { panelShows: (_about, _before) => {} }

// The text is one line for each fact: what is too long for the panel goes on below where its fact began.
function tell(text) {
  $('story').replaceChildren(
    ...text.split('\n').map((line) => {
      const column = /^\d\d:\d\d:\d\d\.\d{3} {2}.{15}/.exec(line)?.[0].length ?? /^ */.exec(line)[0].length
      const row = element('div', '', line || ' ')
      row.style.paddingInlineStart = `${column + 2}ch`
      row.style.textIndent = `-${column + 2}ch`
      return row
    })
  )
}

async function explain(about, title) {
  shownAbout = about
  openedBy = document.activeElement
  page.panelShows(about)
  $('main').className = 'open'
  $('panel').hidden = false
  $('title').textContent = title
  $('story').textContent = 'Asking the journal …'
  $('title').focus()
  try {
    const answer = await fetch(`/api/v1/explain?${new URLSearchParams({ about, format: 'text', width: 9999 })}`)
    const text = answer.ok ? await answer.text() : (await answer.json()).error.message
    if (shownAbout === about) tell(text)
  } catch {
    if (shownAbout === about) $('story').textContent = 'The server does not answer.'
  }
}

function closePanel() {
  const before = shownAbout
  shownAbout = null
  $('panel').hidden = true
  $('main').className = ''
  page.panelShows(null, before)
  if (openedBy?.isConnected) openedBy.focus()
}
$('close').addEventListener('click', closePanel)
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !$('panel').hidden) closePanel()
})

// A link that opens the panel here, and the live page with it in another tab.
const aboutLink = (about, text, title = text) => {
  const link = element('a', '', text, { href: `/?${new URLSearchParams({ about })}` })
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    explain(about, title)
  })
  return link
}

// The stream of what happens; `on` has a listener for each kind.
function follow(on) {
  const source = new EventSource('/api/v1/stream')
  const link = (state, text) => {
    $('link').className = state
    $('link').textContent = text
  }
  source.onopen = () => link('live', 'live')
  source.onerror = () => link('lost', 'connection lost, trying again')
  for (const [kind, listener] of Object.entries(on))
    source.addEventListener(kind, (message) => listener(JSON.parse(message.data)))
}

// Two people with tokens of this run, so that four eyes can be tried by hand; a product that is no simulation has no such list.
let simulatedPeople = null
async function peopleOfTheSimulation() {
  const answer = await fetch('/api/v1/simulated-people')
  return answer.ok ? (await answer.json()).items : []
}

// What the server says of itself, as notes for the banner.
async function readiness() {
  const ready = await (await fetch('/readyz')).json()
  const notes = []
  const modes = Object.entries(ready.modes).map(([name, mode]) => `${name}: ${mode}`)
  const { approvals, held, parked } = ready.waits ?? { approvals: 0, held: 0, parked: 0 }
  const waits = [held > 0 && `${held} ${held === 1 ? 'lane' : 'lanes'} held`, parked > 0 && `${parked} parked`].filter(
    Boolean
  )
  $('about').textContent = [...modes, ...waits, `build ${ready.build}`, `installation ${ready.installId}`].join(' · ')
  if (ready.simulated) {
    notes.push(['info', 'Simulated cloud: nothing real is read or changed. Write a reflex.yaml to use your own.'])
    simulatedPeople ??= await peopleOfTheSimulation()
    for (const { actor, token } of simulatedPeople)
      notes.push([
        'info',
        `Approve as ${actor} of the simulated company: REFLEX_URL=${location.origin} REFLEX_TOKEN=${token} npx --no reflex approve <number>`
      ])
  }
  for (const { name, level, detail } of ready.checks)
    if (level !== 'ok') notes.push([name === 'stop' ? 'stop' : level, `${name}: ${detail}`])
  return { modes: ready.modes, approvals, notes }
}
const observes = (modes) =>
  Object.entries(modes).flatMap(([name, mode]) =>
    mode === 'observe' ? [['info', `${name} only observes: it decides and records, and changes nothing.`]] : []
  )

const showNotes = (notes) => $('banner').replaceChildren(...notes.map(([level, text]) => element('li', level, text)))

// An instance is called after its policy and its OpenStack: dns-records@berlin.
const isOf = (name, policy) => name === policy || name.startsWith(`${policy}@`)

// Reads a report every few seconds and soon after its policy did something; `show` gets it where it differs.
function watch(policy, url, show) {
  let last = ''
  let soon = null
  const read = async () => {
    clearTimeout(soon)
    soon = null
    if (document.hidden) return
    try {
      const [{ modes, notes }, answer] = await Promise.all([readiness(), fetch(url())])
      const said = await answer.json()
      if (!answer.ok) return showNotes([['failure', said.error.message]])
      const mine = Object.fromEntries(Object.entries(modes).filter(([name]) => isOf(name.split(' on ', 1)[0], policy)))
      const none =
        Object.keys(mine).length === 0
          ? [['info', `${policy} is not configured here: policies.${policy} in reflex.yaml`]]
          : []
      showNotes([...notes, ...none, ...observes(mine)])
      const text = JSON.stringify(said)
      if (text !== last) show(said)
      last = text
    } catch {
      showNotes([['failure', 'The server does not answer.']])
    }
  }
  const nudge = (row) => {
    if (isOf(row.policy, policy)) soon ??= setTimeout(read, 250)
  }
  follow({ decision: nudge, action: nudge })
  document.addEventListener('visibilitychange', read)
  setInterval(read, 4000)
  read()
  return read
}
