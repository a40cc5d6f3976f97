import type { Toleration } from '#kinds'

interface Taint { readonly key: string; readonly value?: string; readonly effect: string }

/** Whether one toleration covers the taint (core/v1 Toleration). */
export const tolerates = (t: Toleration, taint: Taint): boolean =>
  (!t.effect || t.effect === taint.effect) && (!t.key ? (t.operator === 'Exists') : t.key === taint.key)
  && (t.operator === 'Exists' || ((t.operator ?? 'Equal') === 'Equal' && (t.value ?? '') === (taint.value ?? ''))
    || ((t.operator === 'Gt' || t.operator === 'Lt') && compares(t, taint)))
const compares = ({ operator, value }: Toleration, taint: Taint): boolean =>
  /^-?\d+$/.test(value ?? '') && /^-?\d+$/.test(taint.value ?? '') && (operator === 'Gt' ? BigInt(taint.value!) > BigInt(value!) : BigInt(taint.value!) < BigInt(value!))

/** The first taint of one of these effects that nothing covers. */
export const untolerated = (taints: readonly Taint[], tolerations: readonly Toleration[], effects: readonly string[]): Taint | undefined =>
  taints.find((taint) => effects.includes(taint.effect) && !tolerations.some((t) => tolerates(t, taint)))
