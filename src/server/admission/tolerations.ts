// When one toleration says all that another does.
import type { Toleration } from '#kinds'
import { same } from '#machinery'

/** Each toleration that no other covers; of two that say the same, the first. */
export const mergedTolerations = (all: readonly Toleration[]): Toleration[] =>
  all.filter((t, i) => !all.some((other, j) => (same(other, t) || (covers(other, t) && covers(t, other)) ? j < i : covers(other, t))))

/** Whether every taint that `t` tolerates, for as long as it does, is tolerated by `wide` too. */
export function covers(wide: Toleration, t: Toleration): boolean {
  if (same(wide, t)) return true
  if ((wide.key ?? '') !== (t.key ?? '') && (wide.key || wide.operator !== 'Exists')) return false
  if (wide.effect && wide.effect !== t.effect) return false
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined && (t.tolerationSeconds === undefined || t.tolerationSeconds > wide.tolerationSeconds)) return false
  return wide.operator === 'Exists' || (t.operator === 'Equal' && (t.value ?? '') === (wide.value ?? ''))
}
