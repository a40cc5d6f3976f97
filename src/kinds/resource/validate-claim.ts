// What is wrong with claims for devices, with templates of them, and with classes of devices.
import { invalidValue, isDNS1123Label, isQualifiedName, notSupported, requiredValue, same, type FieldError, type TemplateMeta } from '#machinery'
import { failing, validateDNSSubdomain } from '../checks.ts'
import { isExtendedResource } from '../core/resources.ts'
import { validateTemplateMeta } from '../core/validate-claim.ts'
import { goForm } from '../go-diff.ts'
import { resourceClaimSpecForm } from '../go-forms.ts'
import { mostConfigurations, validateFullName, validateOpaque, validateToleration } from './device-names.ts'
import { validateSelectorExpression } from './device-selector.ts'
import type { DeviceClassSpec } from './deviceclass.ts'
import { validateList, validateSet } from './limited.ts'
import { mostRequests, requestNames, validateReferences } from './request-references.ts'
import type { DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSelector, ExactDeviceRequest, ResourceClaimSpec, ResourceClaimStatus } from './resourceclaim.ts'
import { validateClaimStatus } from './validate-claim-status.ts'

type ClaimLike = { readonly metadata: { readonly deletionTimestamp?: string }; readonly spec: ResourceClaimSpec; readonly status: ResourceClaimStatus }
export function validateClaim({ metadata, spec, status }: ClaimLike, old?: ClaimLike, subresource?: string): FieldError[] {
  if (subresource === 'status') return validateClaimStatus(status, old?.status ?? {}, metadata.deletionTimestamp !== undefined, requestNames(spec.devices))
  if (!old) return validateDeviceClaim(spec.devices, 'spec.devices')
  return same(spec, old.spec) ? [] : [invalidValue('spec', goForm(resourceClaimSpecForm, spec), 'field is immutable')]
}
type TemplateLike = { readonly spec: { readonly metadata: TemplateMeta; readonly spec: ResourceClaimSpec } }
export const validateClaimTemplate = ({ spec }: TemplateLike): FieldError[] =>
  [...validateTemplateMeta(spec.metadata, 'spec.metadata'), ...validateDeviceClaim(spec.spec.devices, 'spec.spec.devices')]
export const validateClaimTemplateChange = ({ spec }: TemplateLike, old: TemplateLike): FieldError[] =>
  (same(spec, old.spec) ? [] : [invalidValue('spec', { ...spec.metadata, Spec: goForm(resourceClaimSpecForm, spec.spec) }, 'field is immutable')])

const mostConstraints = 32, mostChoices = 8
function validateDeviceClaim(claim: DeviceClaim, at: string): FieldError[] {
  const names = requestNames(claim)
  return [
    ...validateSet(claim.requests, mostRequests, `${at}.requests`, validateRequest, (r) => r.name),
    ...validateList(claim.constraints, mostConstraints, `${at}.constraints`, (constraint, here) =>
      [...validateReferences(constraint.requests, `${here}.requests`, names), ...validateConstraint(constraint, here)]),
    ...validateList(claim.config, mostConfigurations, `${at}.config`, ({ requests, opaque }, here) =>
      [...validateReferences(requests, `${here}.requests`, names), ...validateOpaque(opaque, here)]),
  ]
}
function validateConstraint({ matchAttribute, distinctAttribute }: DeviceConstraint, at: string): FieldError[] {
  if (matchAttribute !== undefined) return validateFullName(matchAttribute, `${at}.matchAttribute`)
  if (distinctAttribute !== undefined) return validateFullName(distinctAttribute, `${at}.distinctAttribute`)
  return [requiredValue(at, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')]
}
function validateRequest({ name, exactly, firstAvailable: choices }: DeviceRequest, at: string): FieldError[] {
  const one = 'exactly one of `exactly` or `firstAvailable` is required', named = failing(isDNS1123Label, name, `${at}.name`)
  if (exactly && choices?.length) return [...named, invalidValue(at, null, `${one}, but multiple fields are set`)]
  if (exactly) return [...named, ...validateExact(exactly, `${at}.exactly`)]
  if (!choices?.length) return [...named, requiredValue(at, one)]
  return [...named, ...validateSet(choices, mostChoices, `${at}.firstAvailable`,
    (choice, here) => [...failing(isDNS1123Label, choice.name, `${here}.name`), ...validateExact(choice, here)], (choice) => choice.name)]
}
const modes = ['All', 'ExactCount']
function validateExact({ deviceClassName: name, selectors, allocationMode: mode = '', count = 0, tolerations }: Omit<ExactDeviceRequest, 'adminAccess'>, at: string): FieldError[] {
  return [
    ...(name ? validateDNSSubdomain(name, `${at}.deviceClassName`) : [requiredValue(`${at}.deviceClassName`)]), ...validateSelectors(selectors, `${at}.selectors`),
    ...(mode === 'All' ? (count === 0 ? [] : [invalidValue(`${at}.count`, count, "must not be specified when allocationMode is 'All'")])
      : mode === 'ExactCount' ? (count > 0 ? [] : [invalidValue(`${at}.count`, count, 'must be greater than zero')]) : [notSupported(`${at}.allocationMode`, mode, modes)]),
    ...(tolerations ?? []).flatMap((t, i) => validateToleration(t, `${at}.tolerations[${i}]`)),
  ]
}
const mostSelectors = 32
const validateSelectors = (selectors: readonly DeviceSelector[] | undefined, at: string): FieldError[] => validateList(selectors, mostSelectors, at, ({ cel }, here) =>
  (cel ? validateSelectorExpression(cel.expression, `${here}.cel.expression`) : [requiredValue(`${here}.cel`)]))
/** Selectors that have not changed are not looked at again. */
export function validateDeviceClass({ spec: { selectors, config, extendedResourceName: extended } }: { spec: DeviceClassSpec }, old?: { spec: DeviceClassSpec }): FieldError[] {
  return [
    ...(old && same(selectors, old.spec.selectors) ? [] : validateSelectors(selectors, 'spec.selectors')),
    ...validateList(config, mostConfigurations, 'spec.config', ({ opaque }, at) => validateOpaque(opaque, at)),
    ...(extended === undefined || (isExtendedResource(extended) && !isQualifiedName(`requests.${extended}`).length) ? []
      : [invalidValue('spec.extendedResourceName', extended, 'must be a valid extended resource name')]),
  ]
}
