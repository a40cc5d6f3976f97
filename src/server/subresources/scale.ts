// /scale: how many replicas there are and should be, whatever the kind calls them.
import { columnDescription, scale as scaleType } from '#kinds'
import { badRequest, conflict, getPath, internalError, invalid, invalidValue, notFound, parseTime, printSelector, quote, selectorFrom, selectorOfSet, setPath, shortAge, type ApiResponse, type Column, type LabelSelector, type LooseObject, type ScalePaths, type Schema } from '#machinery'
import { applied, checkType, readConfig } from '../apply.ts'
import { inForm, readObject } from '../body.ts'
import { place, type Call } from '../core.ts'
import { patchForm } from '../media.ts'
import { writeOptions, type WriteOptions } from '../options.ts'
import { patchedValue, reportProblems, versionIn } from '../patch.ts'
import { readPatch, type PatchBody } from '../patch-body.ts'
import { includedObject, partialObject, table } from '../projections.ts'
import { valueAnswer } from '../respond.ts'
import { modify, type Modification } from '../update.ts'
import type { Subresource } from './subresource.ts'

/** A version of Scale: what it is called, and how it tells what it counts. */
export interface ScaleType {
  readonly group: string; readonly version: string; readonly schema: Schema<any> // allowed: each version has its own
  /** `selector` is text; undefined where the object has none. */
  readonly status: (replicas: number, selector: string | undefined) => object
}

export const scaleAs = (type: ScaleType): Subresource => {
  const { group, version, schema } = type, scaled: Scaled = { ...type, kindName: 'Scale', apiVersion: `${group}/${version}` }
  return {
    name: 'scale', type: { group, version, kind: 'Scale' }, schema, verbs: ['get', 'patch', 'update'],
    handle: (call) => (call.info.verb === 'get' ? read(call, scaled) : write(call, scaled)),
  }
}
export const scale = scaleAs({ group: 'autoscaling', version: 'v1', schema: scaleType.schema, status: (replicas, selector) => ({ replicas, ...(selector && { selector }) }) })
interface Scaled extends ScaleType { readonly kindName: 'Scale'; readonly apiVersion: string }

async function read(call: Call, type: Scaled): Promise<ApiResponse> {
  const { core: { objects }, served, info } = call
  const kv = objects.find(served.kind, place(call), info.name)
  if (kv) await objects.ready(served.kind, [kv])
  const object = objects.get(served.kind, info.name, place(call))
  if (!object) throw notFound(served.name, info.name)
  return answer(call, type, object as LooseObject)
}
function answer(call: Call, type: Scaled, object: LooseObject): ApiResponse {
  const { core, info, output, request } = call
  const made = scaleOf(call, type, object) as LooseObject
  if (output.as === 'Table') return valueAnswer(200, table({ columns }, [made], { resourceVersion: object.metadata.resourceVersion }, { version: output.version, include: includedObject(info.query), now: core.clock.now() }), output, false)
  if (output.as === 'PartialObjectMetadata') return valueAnswer(200, partialObject(made, output.version), output, request.direct === true)
  return valueAnswer(200, made, { ...output, as: '' }, request.direct === true)
}
const cells: readonly Column<any>[] = [ // allowed: scales of any kind
  { name: 'Name', value: (o) => o.metadata.name },
  { name: 'Desired', type: 'integer', value: (o) => o.spec.replicas ?? 0 },
  { name: 'Available', type: 'integer', value: (o) => o.status.replicas },
  { name: 'Age', value: (o, now) => shortAge(now - parseTime(o.metadata.creationTimestamp)) },
]
const columns = cells.map((cell) => ({ ...cell, description: columnDescription({ group: 'autoscaling', resource: 'scales' }, cell.name) }))

const pathsOf = ({ served }: Call): ScalePaths => served.scale!

/** Stands for a number that is not there yet: no client may want it. */
const unset = -(2 ** 31)

/** An object's scale. Throws InternalError where the object has no replicas field and nothing may stand for it. */
function scaleOf(call: Call, { apiVersion, status }: Scaled, object: LooseObject, missing?: typeof unset): object {
  const { specPath, statusPath, selectorPath } = pathsOf(call)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = getPath(object, specPath) ?? missing
  if (typeof replicas !== 'number') throw internalError(`the spec replicas field ${quote(specPath)} does not exist`)
  const current = getPath(object, statusPath)
  const selector = selectorPath === undefined ? undefined : selectorText(getPath(object, selectorPath))
  return {
    kind: 'Scale', apiVersion, metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { ...(replicas !== 0 && { replicas }) }, status: status(typeof current === 'number' ? current : 0, selector),
  }
}
/** A selector is a LabelSelector, plain labels, or (custom resources) already text. */
function selectorText(value: unknown): string | undefined {
  if (typeof value === 'string' || value === undefined || value === null) return value ?? undefined
  const isSelector = typeof value === 'object' && ('matchLabels' in value || 'matchExpressions' in value)
  return printSelector(isSelector ? selectorFrom(value as LabelSelector) : selectorOfSet(value as Record<string, string>))
}

async function write(call: Call, type: Scaled): Promise<ApiResponse> {
  const { served, info, request } = call
  const isPatch = info.verb === 'patch', form = isPatch ? patchForm(request) : 'merge'
  if (form === 'apply') return applyScale(call, type)
  const options = writeOptions(info.query, isPatch ? 'PatchOptions' : 'UpdateOptions')
  const body = isPatch ? readPatch(call, form, options) : undefined
  let warned = false
  const given = isPatch ? undefined : readObject(request, type, options, call.core.registry, (text) => { call.warnings.push(text) })
  if (given) { call.context.audit?.requestObject(given); checkName(given, info.name) }
  const named = given ? given.metadata.resourceVersion : body && versionIn(body) as string | undefined
  const change = (old: LooseObject): LooseObject => {
    const wanted = given ?? patched(call, type, scaleOf(call, type, old, unset), body!, options, warned)
    warned = true
    const { uid } = wanted.metadata
    if (uid && uid !== old.metadata.uid && !served.custom) throw conflict({ group: served.group, resource: `${served.resource}/scale` }, info.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`)
    const replicas = ((wanted.spec ?? {}) as { replicas?: number }).replicas ?? 0
    if (replicas === unset) throw badRequest(`the spec replicas field ${quote(pathsOf(call).specPath)} cannot be empty`)
    if (replicas < 0 && !served.custom) throw invalid({ group: 'autoscaling', kind: 'Scale' }, info.name, [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')])
    const next = setPath(old, pathsOf(call).specPath, replicas)
    return { ...next, metadata: { ...old.metadata, ...(named && { resourceVersion: named }) } }
  }
  const { object, kv } = await modify(call, { options, change, retry: !named, uid: given?.metadata.uid, seenAs: seenAsScale(call, type) })
  return answer(call, type, kv ? call.core.objects.value(served.kind, kv) : object)
}

/** Admission sees a Scale, and what it changes of it goes back into the object. */
function seenAsScale(call: Call, type: Scaled): NonNullable<Modification['seenAs']> {
  return {
    of: (object) => scaleOf(call, type, object, unset) as LooseObject,
    back: (seen, object) => { const { replicas = 0 } = (seen.spec ?? {}) as { replicas?: number }; return replicas === (getPath(object, pathsOf(call).specPath) ?? unset) ? object : setPath(object, pathsOf(call).specPath, replicas) },
  }
}

/** An applied Scale is the object's number of replicas, applied; the field belongs to the manager of the scale. */
async function applyScale(call: Call, type: Scaled): Promise<ApiResponse> {
  const { served, info } = call, options = writeOptions(info.query, 'PatchOptions', true)
  const { config, reportTwice } = readConfig(call, options)
  checkType(type, config)
  const { resourceVersion, name, namespace } = config.metadata, { replicas } = (config.spec ?? {}) as { replicas?: number }
  checkName({ ...config, metadata: { ...config.metadata, name: name || info.name } }, info.name)
  if (replicas !== undefined && replicas < 0 && !served.custom) throw invalid({ group: 'autoscaling', kind: 'Scale' }, info.name, [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')])
  const bare: LooseObject = { apiVersion: served.apiVersion, kind: served.kindName, metadata: { name: info.name, ...(namespace && { namespace }), ...(resourceVersion && { resourceVersion }) } as LooseObject['metadata'] }
  const wanted = replicas === undefined ? bare : setPath(bare, pathsOf(call).specPath, replicas)
  const change = (old: LooseObject): LooseObject => { const object = applied(call, options, wanted, old); reportTwice(); return object }
  const { object, kv } = await modify(call, { options, change, retry: !resourceVersion, tracked: true, seenAs: seenAsScale(call, type) })
  return answer(call, type, kv ? call.core.objects.value(served.kind, kv) : object)
}

function checkName({ metadata }: LooseObject, name: string): void {
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
}

function patched(call: Call, type: Scaled, scaleObject: object, body: PatchBody, options: WriteOptions, warned: boolean): LooseObject {
  const { value, decoding, refused } = patchedValue(type.schema, scaleObject, body), wanted = inForm(value, type, decoding, refused)
  reportProblems(call, [...body.problems, ...decoding.strict], options, refused, warned)
  return wanted
}
