// Counters that devices share: how many there may be, and how they are called.
import { isDNS1123Label, type FieldError } from '#machinery'
import { failing } from '../checks.ts'

export const mostCounters = 32, longestCounter = 63
export const validateCounterName = (name: string, at: string): FieldError[] => failing(isDNS1123Label, name, at)
