// The reference's own form of what its messages show (see go-diff.ts): facts, read off the messages.
import { goForms } from './go-diff.ts'

const forms = goForms(`
Name: Name=s;
Claim: AccessModes Selector Resources={ClaimResources} VolumeName=s StorageClassName VolumeMode DataSource=*Typed DataSourceRef=*TypedNamespaced VolumeAttributesClassName;
ClaimResources: Limits Requests;
Typed: APIGroup Kind=s Name=s;
TypedNamespaced: APIGroup Kind=s Name=s Namespace;

PodSpec: Volumes=[]Volume InitContainers=[]Container Containers=[]Container EphemeralContainers=[]EphemeralContainer RestartPolicy=s TerminationGracePeriodSeconds
  ActiveDeadlineSeconds DNSPolicy=s NodeSelector ServiceAccountName=s AutomountServiceAccountToken NodeName=s SecurityContext=*PodSecurity ImagePullSecrets=[]Name
  Hostname=s Subdomain=s SetHostnameAsFQDN Affinity=*Affinity SchedulerName=s Tolerations=[]Toleration HostAliases=[]HostAlias PriorityClassName=s Priority
  PreemptionPolicy DNSConfig=*DNSConfig ReadinessGates=[]ReadinessGate RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints=[]Spread OS=*Name
  SchedulingGates=[]Name ResourceClaims=[]PodClaim Resources=*Resources HostnameOverride SchedulingGroup=*SchedulingGroup;
SchedulingGroup: PodGroupName;
Container: Common=+ContainerCommon;
ContainerCommon: Name=s Image=s Command Args WorkingDir=s Ports=[]Port EnvFrom=[]EnvFrom Env=[]Env Resources={Resources} ResizePolicy=[]ResizePolicy RestartPolicy
  RestartPolicyRules=[]RestartRule VolumeMounts=[]Mount VolumeDevices=[]Device LivenessProbe=*Probe ReadinessProbe=*Probe StartupProbe=*Probe Lifecycle=*Lifecycle
  TerminationMessagePath=s TerminationMessagePolicy=s ImagePullPolicy=s SecurityContext=*Security Stdin=b StdinOnce=b TTY=b;
EphemeralContainer: Common=+ContainerCommon TargetContainerName=s;
Port: Name=s HostPort=n ContainerPort=n Protocol=s HostIP=s;
EnvFrom: Prefix=s ConfigMapRef=*OptionalName SecretRef=*OptionalName;
OptionalName: Name=s Optional;
Env: Name=s Value=s ValueFrom=*EnvSource;
EnvSource: FieldRef=*FieldRef ResourceFieldRef=*ResourceRef ConfigMapKeyRef=*KeyRef SecretKeyRef=*KeyRef FileKeyRef=*FileKeyRef;
FieldRef: APIVersion=s FieldPath=s;
ResourceRef: ContainerName=s Resource=s Divisor;
KeyRef: Name=s Key=s Optional;
FileKeyRef: VolumeName=s Path=s Key=s Optional;
Resources: Limits Requests Claims=[]ResourceClaim;
ResourceClaim: Name=s Request=s;
ResizePolicy: ResourceName=s RestartPolicy=s;
RestartRule: Action=s ExitCodes=*ExitCodes;
ExitCodes: Operator=s Values;
Mount: Name=s ReadOnly=b RecursiveReadOnly MountPath=s SubPath=s MountPropagation SubPathExpr=s;
Device: Name=s DevicePath=s;
Probe: Exec=*Exec HTTPGet=*HTTPGet TCPSocket=*TCPSocket GRPC=*GRPC InitialDelaySeconds=n TimeoutSeconds=n PeriodSeconds=n SuccessThreshold=n FailureThreshold=n TerminationGracePeriodSeconds;
Exec: Command;
HTTPGet: Path=s Port Host=s Scheme=s HTTPHeaders=[]Header;
Header: Name=s Value=s;
TCPSocket: Port Host=s;
GRPC: Port=n Service;
Sleep: Seconds=n;
Lifecycle: PostStart=*Handler PreStop=*Handler StopSignal;
Handler: Exec=*Exec HTTPGet=*HTTPGet TCPSocket=*TCPSocket Sleep=*Sleep;
Security: Capabilities=*Capabilities Privileged SELinuxOptions=*SELinux WindowsOptions=*Windows RunAsUser RunAsGroup RunAsNonRoot ReadOnlyRootFilesystem AllowPrivilegeEscalation
  ProcMount SeccompProfile=*Profile AppArmorProfile=*Profile;
PodSecurity: HostNetwork=b HostPID=b HostIPC=b ShareProcessNamespace HostUsers SELinuxOptions=*SELinux WindowsOptions=*Windows RunAsUser RunAsGroup RunAsNonRoot
  SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls=[]Sysctl SeccompProfile=*Profile AppArmorProfile=*Profile SELinuxChangePolicy;
Capabilities: Add Drop;
SELinux: User=s Role=s Type=s Level=s;
Windows: GMSACredentialSpecName GMSACredentialSpec RunAsUserName HostProcess;
Profile: Type=s LocalhostProfile;
Sysctl: Name=s Value=s;
Toleration: Key=s Operator=s Value=s Effect=s TolerationSeconds;
HostAlias: IP=s Hostnames;
DNSConfig: Nameservers Searches Options=[]DNSOption;
DNSOption: Name=s Value;
ReadinessGate: ConditionType=s;
PodClaim: Name=s ResourceClaimName ResourceClaimTemplateName;
Affinity: NodeAffinity=*NodeAffinity PodAffinity=*PodAffinity PodAntiAffinity=*PodAffinity;
NodeAffinity: RequiredDuringSchedulingIgnoredDuringExecution=*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution=[]PreferredNode;
NodeSelector: NodeSelectorTerms=[]NodeTerm;
NodeTerm: MatchExpressions=[]Requirement MatchFields=[]Requirement;
Requirement: Key=s Operator=s Values;
PreferredNode: Weight=n Preference={NodeTerm};
PodAffinity: RequiredDuringSchedulingIgnoredDuringExecution=[]PodTerm PreferredDuringSchedulingIgnoredDuringExecution=[]WeightedPod;
PodTerm: LabelSelector Namespaces TopologyKey=s NamespaceSelector MatchLabelKeys MismatchLabelKeys;
WeightedPod: Weight=n PodAffinityTerm={PodTerm};
Spread: MaxSkew=n TopologyKey=s WhenUnsatisfiable=s LabelSelector MinDomains NodeAffinityPolicy NodeTaintsPolicy MatchLabelKeys;

Volume: Name=s Source=+VolumeSource;
VolumeSource: HostPath=*HostPath EmptyDir=*EmptyDir GCEPersistentDisk=*GCE AWSElasticBlockStore=*AWS GitRepo=*GitRepo Secret=*SecretVolume NFS=*NFS ISCSI=*ISCSI Glusterfs=*Glusterfs
  PersistentVolumeClaim=*ClaimVolume RBD=*RBD Quobyte=*Quobyte FlexVolume=*Flex Cinder=*Cinder CephFS/cephfs=*CephFS Flocker=*Flocker DownwardAPI=*Downward FC=*FC AzureFile=*AzureFile
  ConfigMap=*ConfigMapVolume VsphereVolume=*Vsphere AzureDisk=*AzureDisk PhotonPersistentDisk=*Photon Projected=*Projected PortworxVolume=*Portworx ScaleIO=*ScaleIO StorageOS/storageos=*StorageOS
  CSI=*CSI Ephemeral=*Ephemeral Image=*Image;
PersistentVolumeSource: GCEPersistentDisk=*GCE AWSElasticBlockStore=*AWS HostPath=*HostPath Glusterfs=*GlusterfsPV NFS=*NFS RBD=*RBDPV Quobyte=*Quobyte ISCSI=*ISCSIPV FlexVolume=*FlexPV Cinder=*CinderPV
  CephFS/cephfs=*CephFSPV FC=*FC Flocker=*Flocker AzureFile=*AzureFilePV VsphereVolume=*Vsphere AzureDisk=*AzureDisk PhotonPersistentDisk=*Photon PortworxVolume=*Portworx ScaleIO=*ScaleIOPV
  Local=*Local StorageOS/storageos=*StorageOSPV CSI=*CSIPV;
SecretRef: Name=s Namespace=s;
HostPath: Path=s Type;
EmptyDir: Medium=s SizeLimit;
GCE: PDName=s FSType=s Partition=n ReadOnly=b;
AWS: VolumeID=s FSType=s Partition=n ReadOnly=b;
GitRepo: Repository=s Revision=s Directory=s;
SecretVolume: SecretName=s Items=[]KeyToPath DefaultMode Optional;
ConfigMapVolume: Name=s Items=[]KeyToPath DefaultMode Optional;
KeyToPath: Key=s Path=s Mode;
NFS: Server=s Path=s ReadOnly=b;
ISCSI: TargetPortal=s IQN=s Lun=n ISCSIInterface=s FSType=s ReadOnly=b Portals DiscoveryCHAPAuth/chapAuthDiscovery=b SessionCHAPAuth/chapAuthSession=b SecretRef=*Name InitiatorName;
ISCSIPV: TargetPortal=s IQN=s Lun=n ISCSIInterface=s FSType=s ReadOnly=b Portals DiscoveryCHAPAuth/chapAuthDiscovery=b SessionCHAPAuth/chapAuthSession=b SecretRef=*SecretRef InitiatorName;
Glusterfs: EndpointsName/endpoints=s Path=s ReadOnly=b;
GlusterfsPV: EndpointsName/endpoints=s Path=s ReadOnly=b EndpointsNamespace;
ClaimVolume: ClaimName=s ReadOnly=b;
RBD: CephMonitors/monitors RBDImage/image=s FSType=s RBDPool/pool=s RadosUser/user=s Keyring=s SecretRef=*Name ReadOnly=b;
RBDPV: CephMonitors/monitors RBDImage/image=s FSType=s RBDPool/pool=s RadosUser/user=s Keyring=s SecretRef=*SecretRef ReadOnly=b;
Quobyte: Registry=s Volume=s ReadOnly=b User=s Group=s Tenant=s;
Flex: Driver=s FSType=s SecretRef=*Name ReadOnly=b Options;
FlexPV: Driver=s FSType=s SecretRef=*SecretRef ReadOnly=b Options;
Cinder: VolumeID=s FSType=s ReadOnly=b SecretRef=*Name;
CinderPV: VolumeID=s FSType=s ReadOnly=b SecretRef=*SecretRef;
CephFS: Monitors Path=s User=s SecretFile=s SecretRef=*Name ReadOnly=b;
CephFSPV: Monitors Path=s User=s SecretFile=s SecretRef=*SecretRef ReadOnly=b;
Flocker: DatasetName=s DatasetUUID=s;
Downward: Items=[]DownwardFile DefaultMode;
DownwardFile: Path=s FieldRef=*FieldRef ResourceFieldRef=*ResourceRef Mode;
FC: TargetWWNs Lun FSType=s ReadOnly=b WWIDs/wwids;
AzureFile: SecretName=s ShareName=s ReadOnly=b;
AzureFilePV: SecretName=s ShareName=s ReadOnly=b SecretNamespace;
Vsphere: VolumePath=s FSType=s StoragePolicyName=s StoragePolicyID=s;
AzureDisk: DiskName=s DataDiskURI/diskURI=s CachingMode FSType ReadOnly Kind;
Photon: PdID=s FSType=s;
Projected: Sources=[]Projection DefaultMode;
Projection: Secret=*ProjectedKeys DownwardAPI=*ProjectedFiles ConfigMap=*ProjectedKeys ServiceAccountToken=*ProjectedToken ClusterTrustBundle=*ProjectedBundle PodCertificate=*ProjectedCertificate;
ProjectedKeys: Name=s Items=[]KeyToPath Optional;
ProjectedFiles: Items=[]DownwardFile;
ProjectedToken: Audience=s ExpirationSeconds=n Path=s;
ProjectedBundle: Name SignerName LabelSelector Optional Path=s;
ProjectedCertificate: SignerName=s KeyType=s MaxExpirationSeconds CredentialBundlePath=s KeyPath=s CertificateChainPath=s UserAnnotations;
Portworx: VolumeID=s FSType=s ReadOnly=b;
ScaleIO: Gateway=s System=s SecretRef=*Name SSLEnabled=b ProtectionDomain=s StoragePool=s StorageMode=s VolumeName=s FSType=s ReadOnly=b;
ScaleIOPV: Gateway=s System=s SecretRef=*SecretRef SSLEnabled=b ProtectionDomain=s StoragePool=s StorageMode=s VolumeName=s FSType=s ReadOnly=b;
StorageOS: VolumeName=s VolumeNamespace=s FSType=s ReadOnly=b SecretRef=*Name;
StorageOSPV: VolumeName=s VolumeNamespace=s FSType=s ReadOnly=b SecretRef=*SecretRef;
CSI: Driver=s ReadOnly FSType VolumeAttributes NodePublishSecretRef=*Name;
CSIPV: Driver=s VolumeHandle=s ReadOnly=b FSType=s VolumeAttributes ControllerPublishSecretRef=*SecretRef NodeStageSecretRef=*SecretRef NodePublishSecretRef=*SecretRef
  ControllerExpandSecretRef=*SecretRef NodeExpandSecretRef=*SecretRef;
Ephemeral: VolumeClaimTemplate;
Image: Reference=s PullPolicy=s;
Local: Path=s FSType;
StatefulSetRolling: Partition=n MaxUnavailable;
VolumeNodeAffinity: Required=*NodeSelector;
PersistentVolumeSpec: Capacity Source=+PersistentVolumeSource AccessModes ClaimRef PersistentVolumeReclaimPolicy=s StorageClassName=s MountOptions VolumeMode NodeAffinity=*VolumeNodeAffinity
  VolumeAttributesClassName;
VolumeAttachment: Attacher=s Source={AttachedSource} NodeName=s;
AttachedSource: PersistentVolumeName InlineVolumeSpec=*PersistentVolumeSpec;
CSINodeDriver: Name=s NodeID=s TopologyKeys Allocatable=*VolumeCount;
VolumeCount: Count;
ResourceClaimSpec: Devices={DeviceClaim};
DeviceClaim: Requests=[]DeviceRequest Constraints=[]DeviceConstraint Config=[]ClaimConfiguration;
ClaimConfiguration: Requests Opaque=*OpaqueConfiguration;
OpaqueConfiguration: Driver=s Parameters;
DeviceRequest: Name=s Exactly=*ExactRequest FirstAvailable=[]SubRequest;
ExactRequest: DeviceClassName=s Selectors=[]DeviceSelector AllocationMode=s Count=n AdminAccess Tolerations=[]Toleration Capacity=*CapacityRequirements;
SubRequest: Name=s DeviceClassName=s Selectors=[]DeviceSelector AllocationMode=s Count=n Tolerations=[]Toleration Capacity=*CapacityRequirements;
CapacityRequirements: Requests;
AllocationResult: Devices={AllocatedDevices} NodeSelector=*NodeSelector AllocationTimestamp;
AllocatedDevices: Results=[]AllocatedRequest Config=[]AllocationConfiguration;
AllocatedRequest: Request=s Driver=s Pool=s Device=s AdminAccess Tolerations=[]Toleration BindingConditions BindingFailureConditions ShareID ConsumedCapacity;
AllocationConfiguration: Source=s Requests Opaque=*OpaqueConfiguration;
DeviceAttribute: IntValue/int BoolValue/bool StringValue/string VersionValue/version IntValues/ints BoolValues/bools StringValues/strings VersionValues/versions;
DeviceSelector: CEL=*Expression;
Expression: Expression=s;
DeviceConstraint: Requests MatchAttribute DistinctAttribute;
CRDVersion: Name=s Served=b Storage=b Deprecated=b DeprecationWarning Schema Subresources AdditionalPrinterColumns SelectableFields;
NodeConfigSource: ConfigMap;
FlowSchemaSpec: PriorityLevelConfiguration={NameOnly} MatchingPrecedence=n DistinguisherMethod=*FlowDistinguisher Rules=[]FlowRules;
NameOnly: Name=s;
FlowDistinguisher: Type=s;
FlowRules: Subjects=[]FlowSubject ResourceRules=[]FlowResourceRule NonResourceRules=[]FlowURLRule;
FlowSubject: Kind=s User=*NameOnly Group=*NameOnly ServiceAccount=*FlowAccount;
FlowAccount: Namespace=s Name=s;
FlowResourceRule: Verbs APIGroups Resources ClusterScope=b Namespaces;
FlowURLRule: Verbs NonResourceURLs;
PriorityLevelSpec: Type=s Limited=*LimitedLevel Exempt=*ExemptLevel;
LimitedLevel: NominalConcurrencyShares=n LimitResponse={LimitResponse} LendablePercent BorrowingLimitPercent;
LimitResponse: Type=s Queuing=*Queuing;
Queuing: Queues=n HandSize=n QueueLengthLimit=n;
ExemptLevel: NominalConcurrencyShares LendablePercent;
SigningCondition: Type=s Status=s Reason=s Message=s LastUpdateTime LastTransitionTime;
PodCertificate: SignerName=s PodName=s PodUID=s ServiceAccountName=s ServiceAccountUID=s NodeName=s NodeUID=s MaxExpirationSeconds PKIXPublicKey/pkixPublicKey ProofOfPossession StubPKCS10Request UnverifiedUserAnnotations;
Migration: Resource={GroupResource};
GroupResource: Group=s Resource=s;
ParentReference: Group=s Resource=s Namespace=s Name=s;
RoleRef: APIGroup=s Kind=s Name=s;
DisruptionBudget: MinAvailable Selector MaxUnavailable UnhealthyPodEvictionPolicy;
FailurePolicy: Rules=[]FailureRule;
FailureRule: Action=s OnExitCodes=*FailureCodes OnPodConditions=[]FailureCondition;
FailureCodes: ContainerName Operator=s Values;
FailureCondition: Type=s Status=s;
SuccessPolicy: Rules=[]SuccessRule;
SuccessRule: SucceededIndexes SucceededCount;
UncountedPods: Succeeded Failed;
ObjectReference: Kind=s Namespace=s Name=s UID=s APIVersion=s ResourceVersion=s FieldPath=s;
EventSource: Component=s Host=s;
`)

export const claimSpecForm = forms.Claim!, podSpecForm = forms.PodSpec!, securityContextForm = forms.Security!, persistentVolumeSourceForm = forms.PersistentVolumeSource!,
  statefulSetRollingForm = forms.StatefulSetRolling!, volumeNodeAffinityForm = forms.VolumeNodeAffinity!, volumeAttachmentForm = forms.VolumeAttachment!,
    csiNodeDriverForm = forms.CSINodeDriver!,
  roleRefForm = forms.RoleRef!, disruptionBudgetForm = forms.DisruptionBudget!, tolerationForm = forms.Toleration!, ephemeralContainerForm = forms.EphemeralContainer!,
  crdVersionForm = forms.CRDVersion!, seccompProfileForm = forms.Profile!, nodeConfigSourceForm = forms.NodeConfigSource!, nodeTermForm = forms.NodeTerm!,
  resourceClaimSpecForm = forms.ResourceClaimSpec!, parentReferenceForm = forms.ParentReference!, signingConditionForm = forms.SigningCondition!,
  flowSchemaSpecForm = forms.FlowSchemaSpec!, priorityLevelSpecForm = forms.PriorityLevelSpec!, allocationResultForm = forms.AllocationResult!, deviceAttributeForm = forms.DeviceAttribute!

export const failurePolicyForm = forms.FailurePolicy!, successPolicyForm = forms.SuccessPolicy!, uncountedPodsForm = forms.UncountedPods!
export const podCertificateRequestSpecForm = forms.PodCertificate!, migrationSpecForm = forms.Migration!
export const objectReferenceForm = forms.ObjectReference!, eventSourceForm = forms.EventSource!
