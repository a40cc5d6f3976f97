import { defineKind, labelSelector, s, type Infer, type ObjectOf } from '#machinery'
import * as cells from '../cells.ts'
import { cidrWarnings } from '../ip.ts'
import { validateNetworkPolicy } from './validate-networkpolicy.ts'

export const ipBlock = s.object('io.k8s.api.networking.v1.IPBlock', {
  cidr: s.required(s.string()),
  except: s.list(s.string(), { listType: 'atomic' }),
})
export type IPBlock = Infer<typeof ipBlock>

export const networkPolicyPort = s.object('io.k8s.api.networking.v1.NetworkPolicyPort', {
  endPort: s.int({ keepEmpty: true }),
  port: s.intOrString(),
  protocol: s.string({ keepEmpty: true }),
})
export type NetworkPolicyPort = Infer<typeof networkPolicyPort>

export const networkPolicyPeer = s.object('io.k8s.api.networking.v1.NetworkPolicyPeer', {
  ipBlock: ipBlock,
  namespaceSelector: labelSelector,
  podSelector: labelSelector,
})
export type NetworkPolicyPeer = Infer<typeof networkPolicyPeer>

export const networkPolicyEgressRule = s.object('io.k8s.api.networking.v1.NetworkPolicyEgressRule', {
  ports: s.list(networkPolicyPort, { listType: 'atomic' }),
  to: s.list(networkPolicyPeer, { listType: 'atomic' }),
})
export type NetworkPolicyEgressRule = Infer<typeof networkPolicyEgressRule>

export const networkPolicyIngressRule = s.object('io.k8s.api.networking.v1.NetworkPolicyIngressRule', {
  from: s.list(networkPolicyPeer, { listType: 'atomic' }),
  ports: s.list(networkPolicyPort, { listType: 'atomic' }),
})
export type NetworkPolicyIngressRule = Infer<typeof networkPolicyIngressRule>

export const networkPolicySpec = s.object('io.k8s.api.networking.v1.NetworkPolicySpec', {
  egress: s.list(networkPolicyEgressRule, { listType: 'atomic' }),
  ingress: s.list(networkPolicyIngressRule, { listType: 'atomic' }),
  podSelector: s.value(labelSelector),
  policyTypes: s.list(s.string(), { listType: 'atomic' }),
})
export type NetworkPolicySpec = Infer<typeof networkPolicySpec>

const blockWarnings = (peers: readonly { ipBlock?: { cidr: string; except?: string[] } }[] | undefined, at: string): string[] => (peers ?? []).flatMap(({ ipBlock }, i) => (ipBlock ? [
  ...cidrWarnings(ipBlock.cidr, `${at}[${i}].ipBlock.cidr`), ...(ipBlock.except ?? []).flatMap((range, j) => cidrWarnings(range, `${at}[${i}].ipBlock.except[${j}]`)),
] : []))
export const networkPolicy = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', plural: 'networkpolicies',
  shortNames: ['netpol'], scope: 'Namespaced',
  definition: 'io.k8s.api.networking.v1.NetworkPolicy',
  generation: true,
  columns: [cells.name, { name: 'Pod-Selector', value: (o) => cells.selector(o.spec.podSelector) }, cells.age],
  fields: {
    spec: s.value(networkPolicySpec),
  },
  defaults: ({ spec }) => {
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
  },
  validate: validateNetworkPolicy,
  warnings: ({ spec: { ingress = [], egress = [] } }) => [
    ...ingress.flatMap(({ from }, i) => blockWarnings(from, `spec.ingress[${i}].from`)), ...egress.flatMap(({ to }, i) => blockWarnings(to, `spec.egress[${i}].to`)),
  ],
})
export type NetworkPolicy = ObjectOf<typeof networkPolicy>
