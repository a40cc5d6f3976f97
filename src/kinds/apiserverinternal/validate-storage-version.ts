// What is wrong with what API servers say of how they keep objects.
import { invalidValue, isDNS1035Label, isDNS1123Subdomain, isQualifiedName, requiredValue, type FieldError } from '#machinery'
import { failing } from '../checks.ts'
import type { ServerStorageVersion, StorageVersionCondition, StorageVersionStatus } from './storageversion.ts'

export function validateStorageVersion({ status }: { readonly status: StorageVersionStatus }, old?: object, subresource?: string): FieldError[] {
  if (old && subresource !== 'status') return []
  return [...(status.storageVersions ?? []).flatMap((one, i) => validateServer(one, `status.storageVersions[${i}]`)), ...validateCommon(status), ...validateConditions(status.conditions ?? [], 'status')]
}

function validateServer({ apiServerID = '', encodingVersion = '', decodableVersions = [] }: Partial<ServerStorageVersion>, at: string): FieldError[] {
  const version = (value: string, field: string) => { const faults = whyNoVersion(value); return faults.length > 0 ? [invalidValue(field, value, faults.join(','))] : [] }
  return [
    ...failing(isDNS1123Subdomain, apiServerID, `${at}.apiServerID`), ...version(encodingVersion, `${at}.encodingVersion`),
    ...decodableVersions.flatMap((value, i) => version(value, `${at}.decodableVersions[${i}]`)),
    ...(decodableVersions.includes(encodingVersion) ? [] : [invalidValue(`${at}.decodableVersions`, decodableVersions.length > 0 ? decodableVersions : null, `decodableVersions must include encodingVersion ${encodingVersion}`)]),
  ]
}

/** GROUP/VERSION, or VERSION alone. */
function whyNoVersion(text: string): string[] {
  const segments = text.split('/'), version = segments.at(-1)!, empty = 'must be non-empty'
  if (segments.length > 2) return ["an apiVersion is a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character " +
    "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')"]
  const group = segments.length === 2 ? segments[0]! : undefined
  return [...(group === undefined ? [] : group === '' ? [empty] : isDNS1123Subdomain(group)).map((why) => `group part: ${why}`), ...(version === '' ? [empty] : isDNS1035Label(version)).map((why) => `version part: ${why}`)]
}

/** It is said as soon as all agree, and only then. */
function validateCommon({ storageVersions = [], commonEncodingVersion: said }: StorageVersionStatus): FieldError[] {
  const [first, ...others] = storageVersions.map((one) => one.encodingVersion ?? ''), common = others.every((one) => one === first) ? first : undefined, at = 'status.commonEncodingVersion'
  if (common === undefined) return said === undefined ? [] : [invalidValue(at, said, 'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet')]
  if (said === undefined) return [invalidValue(at, null, `the common encoding version is ${common}`)]
  return said === common ? [] : [invalidValue(at, said, `the actual common encoding version is ${common}`)]
}

const validateConditions = (conditions: readonly StorageVersionCondition[], at: string): FieldError[] => conditions.flatMap(({ type, status, reason, message }, i) => {
  const before = conditions.slice(0, i).findLastIndex((c) => c.type === type), here = `${at}[${i}]`
  return [
    ...(before < 0 ? [] : [invalidValue(`${here}.type`, type, `the type of the condition is not unique, it also appears in conditions[${before}]`)]),
    ...failing(isQualifiedName, type, `${here}.type`), ...isQualifiedName(status).map((why) => invalidValue(`${here}.status`, type, why)),
    ...(reason ? [] : [requiredValue(`${here}.reason`, 'reason cannot be empty')]), ...(message ? [] : [requiredValue(`${here}.message`, 'message cannot be empty')]),
  ]
})
