// Plugins that look at nothing: the two of old times, and those whose feature is off in this version.
import { refusal, type AdmissionAttributes, type AdmissionPlugin } from './admission.ts'

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit', handles: () => false }

const deny = (attributes: AdmissionAttributes) => { throw refusal(attributes, 'admission control is denying all modifications') }
export const alwaysDeny: AdmissionPlugin = { name: 'AlwaysDeny', handles: () => true, mutate: deny, validate: deny }

/** A plugin that may be named in flags and has nothing to do: what it looks after is behind a feature gate that is off in v1.36. */
export const resting: AdmissionPlugin = { name: 'resting', handles: () => false }
