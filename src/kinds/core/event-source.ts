import { s, type Infer } from '#machinery'

export const eventSource = s.object('io.k8s.api.core.v1.EventSource', {
  component: s.string(),
  host: s.string(),
})
export type EventSource = Infer<typeof eventSource>
