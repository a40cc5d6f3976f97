// Definitions for tests, made and waited for.
import assert from 'node:assert/strict'
import type { Ask, Body } from '../contract-kit.ts'

export const group = 'x.example'
export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
export const widgets = `/apis/${group}/v1/namespaces/n/widgets`
export interface VersionOptions { readonly name?: string; readonly storage?: boolean; readonly served?: boolean }
/** One version: `properties` are those of spec. */
export const version = (properties: object = {}, more: object = {}, { name = 'v1', storage = true, served = true }: VersionOptions = {}) => ({
  name, served, storage, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties }, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } }, ...more,
})
export const definition = (versions: readonly object[] = [version({ a: { type: 'string' } })], more: object = {}, names: object = {}) => {
  const all = { plural: 'widgets', kind: 'Widget', singular: 'widget', ...names }
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${all.plural}.${group}` }, spec: { group, names: all, scope: 'Namespaced', versions, ...more } }
}
export const widget = (name: string, spec: object = {}, more: object = {}) => ({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name }, spec, ...more })

/** Creates a definition and waits until it is served. */
export async function established(ask: Ask, body: ReturnType<typeof definition>): Promise<Body> {
  const { status, body: made } = await ask(`POST ${definitions}`, body)
  assert.equal(status, 201, JSON.stringify(made))
  return when(ask, `${definitions}/${body.metadata.name}`, (now) => now.status?.conditions?.some((c: Body) => c.type === 'Established' && c.status === 'True'))
}

const mostTurns = 200
/** Asks again until an object is as wanted: everything happens in the process, so a few turns are enough. */
export async function when(ask: Ask, path: string, wanted: (body: Body, status: number) => unknown): Promise<Body> {
  for (let turn = 0; turn < mostTurns; turn++) {
    const { body, status } = await ask(`GET ${path}`)
    if (wanted(body, status)) return body
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`${path} never became as wanted`)
}
