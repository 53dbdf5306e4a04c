/** What a part of the product waits for: a lane to decide, a step to carry out, news to tell. */
export type Topic = 'decide' | 'act' | 'news'

/** Nudges between the roles of a process. The journal is the queue: a lost nudge costs a moment, a doubled one nothing. */
export interface Bus {
  /** Wakes whoever subscribed to one of these topics; none named: everybody. */
  wake(...topics: readonly Topic[]): void
  /** Subscribes a listener to a topic; what is returned ends it. */
  subscribe(topic: Topic, listener: () => void): () => void
}

const all: readonly Topic[] = ['decide', 'act', 'news']

/** Opens a bus within this process: a nudge is a call. */
export function openBus(): Bus {
  const listeners: Readonly<Record<Topic, Set<() => void>>> = {
    decide: new Set(),
    act: new Set(),
    news: new Set()
  }
  return {
    wake(...topics) {
      const woken = new Set((topics.length === 0 ? all : topics).flatMap((topic) => [...listeners[topic]]))
      for (const listener of woken) listener()
    },
    subscribe(topic, listener) {
      listeners[topic].add(listener)
      return () => void listeners[topic].delete(listener)
    }
  }
}
