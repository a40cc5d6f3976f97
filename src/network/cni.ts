// How a node's pods get their network: the CNI plugins' configuration.

export interface CniOptions {
  readonly podCidr: string
  /** Where the plugin host-local notes which addresses are taken. The node's own, and one that is empty after the machine has started: the pods are gone then. */
  readonly stateDirectory: string
  readonly mtu?: number
}

/** The file that containerd reads is `<conf_dir>/${cniFileName}`. */
export const cniFileName = '10-proa.conflist'

/**
 * The network of a node's pods as a CNI list, to be written as JSON. Plugin ptp: a cable from each pod to the node, and
 * everything routed. Pods on one bridge would reach each other past the node's rules, unless bridges call iptables
 * (br_netfilter), which not every kernel has; routed, services, hairpin and policies hold on every kernel, at the same
 * cost. Addresses of the node's range are given out by host-local; portmap opens host ports.
 */
export const cniConfig = ({ podCidr, stateDirectory, mtu }: CniOptions) => ({
  cniVersion: '0.4.0',
  name: 'proa',
  plugins: [
    {
      type: 'ptp', ipMasq: false, ...mtu === undefined ? {} : { mtu },
      ipam: { type: 'host-local', dataDir: stateDirectory, ranges: [[{ subnet: podCidr }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
})
