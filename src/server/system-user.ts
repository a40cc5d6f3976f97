import type { User } from '#machinery'

/** Who the server itself is when it writes through its own API. */
export const systemUser: User = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }
