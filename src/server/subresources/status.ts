// /status: the part of an object that controllers write.
import type { Kind } from '#machinery'
import { get } from '../list.ts'
import { patch } from '../patch.ts'
import { update } from '../update.ts'
import type { Subresource } from './subresource.ts'

export const status = ({ kind }: Kind): Subresource => ({
  name: 'status', type: { group: '', version: '', kind }, verbs: ['get', 'patch', 'update'],
  handle: (call) => (call.info.verb === 'get' ? get(call) : call.info.verb === 'patch' ? patch(call) : update(call)),
})
