// What v1.36 knows and does not serve unless it is asked for (--runtime-config), by name: so that a server that is not asked needs none of the code.

/** The resources of each group version, with the feature gate that must be on for them as well ('': none). */
export const switchedOff: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'admissionregistration.k8s.io/v1beta1': { mutatingadmissionpolicies: '', mutatingadmissionpolicybindings: '' },
  'admissionregistration.k8s.io/v1alpha1': { mutatingadmissionpolicies: '', mutatingadmissionpolicybindings: '' },
  'certificates.k8s.io/v1beta1': { clustertrustbundles: 'ClusterTrustBundle', podcertificaterequests: 'PodCertificateRequest' },
  'certificates.k8s.io/v1alpha1': { clustertrustbundles: 'ClusterTrustBundle' },
  'coordination.k8s.io/v1beta1': { leasecandidates: '' },
  'coordination.k8s.io/v1alpha2': { leasecandidates: '' },
  'internal.apiserver.k8s.io/v1alpha1': { storageversions: '' },
  'networking.k8s.io/v1beta1': { ipaddresses: '', servicecidrs: '' },
  'resource.k8s.io/v1beta2': { deviceclasses: '', devicetaintrules: '', resourceclaims: '', resourceclaimtemplates: '', resourceslices: '' },
  'resource.k8s.io/v1beta1': { deviceclasses: '', resourceclaims: '', resourceclaimtemplates: '', resourceslices: '' },
  'resource.k8s.io/v1alpha3': { devicetaintrules: '', resourcepoolstatusrequests: 'DRAResourcePoolStatus' },
  'scheduling.k8s.io/v1alpha2': { podgroups: 'GenericWorkload', workloads: 'GenericWorkload' },
  'storage.k8s.io/v1beta1': { volumeattributesclasses: '' },
  'storagemigration.k8s.io/v1beta1': { storageversionmigrations: '' },
}
