/** How kubectl tells of each kind of volume source: its sentence, then title, field and default. */

export type SourceRow = readonly [title: string, field: string, absent: string];

export interface Source {
  readonly about: string;
  readonly rows: readonly SourceRow[];
  /** Those of a PersistentVolume, where they differ from a pod's. */
  readonly volumeRows?: readonly SourceRow[];
}

export type Sources = Readonly<Record<string, Source>>;

const readOnly: SourceRow = ['ReadOnly', 'readOnly', 'false'];
const fsType: SourceRow = ['FSType', 'fsType', ''];
const secretRef: SourceRow = ['SecretRef', 'secretRef', 'nil'];
const optional: SourceRow = ['Optional', 'optional', 'false'];
const partition: SourceRow = ['Partition', 'partition', '0'];

const scaleIo = (...secret: readonly SourceRow[]): readonly SourceRow[] => [
  ['Gateway', 'gateway', ''],
  ['System', 'system', ''],
  ['Protection Domain', 'protectionDomain', ''],
  ['Storage Pool', 'storagePool', ''],
  ['Storage Mode', 'storageMode', 'ThinProvisioned'],
  ['VolumeName', 'volumeName', ''],
  ...secret,
  fsType,
  readOnly,
];

export const volumeSources: Sources = {
  hostPath: {
    about: 'HostPath (bare host directory volume)',
    rows: [
      ['Path', 'path', ''],
      ['HostPathType', 'type', '<none>'],
    ],
  },
  emptyDir: {
    about: "EmptyDir (a temporary directory that shares a pod's lifetime)",
    rows: [
      ['Medium', 'medium', ''],
      ['SizeLimit', 'sizeLimit', '<unset>'],
    ],
  },
  gcePersistentDisk: {
    about: 'GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)',
    rows: [['PDName', 'pdName', ''], fsType, partition, readOnly],
  },
  awsElasticBlockStore: {
    about: 'AWSElasticBlockStore (a Persistent Disk resource in AWS)',
    rows: [['VolumeID', 'volumeID', ''], fsType, partition, readOnly],
  },
  gitRepo: {
    about: 'GitRepo (a volume that is pulled from git when the pod is created)',
    rows: [
      ['Repository', 'repository', ''],
      ['Revision', 'revision', ''],
    ],
  },
  secret: {
    about: 'Secret (a volume populated by a Secret)',
    rows: [['SecretName', 'secretName', ''], optional],
  },
  configMap: {
    about: 'ConfigMap (a volume populated by a ConfigMap)',
    rows: [['Name', 'name', ''], optional],
  },
  nfs: {
    about: 'NFS (an NFS mount that lasts the lifetime of a pod)',
    rows: [['Server', 'server', ''], ['Path', 'path', ''], readOnly],
  },
  iscsi: {
    about:
      "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then " +
      'exposed to the pod)',
    rows: [
      ['TargetPortal', 'targetPortal', ''],
      ['IQN', 'iqn', ''],
      ['Lun', 'lun', '0'],
      ['ISCSIInterface', 'iscsiInterface', 'default'],
      fsType,
      readOnly,
      ['Portals', 'portals', '[]'],
      ['DiscoveryCHAPAuth', 'chapAuthDiscovery', 'false'],
      ['SessionCHAPAuth', 'chapAuthSession', 'false'],
      secretRef,
      ['InitiatorName', 'initiatorName', '<none>'],
    ],
  },
  glusterfs: {
    about: "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
    rows: [['EndpointsName', 'endpoints', ''], ['Path', 'path', ''], readOnly],
    volumeRows: [
      ['EndpointsName', 'endpoints', ''],
      ['EndpointsNamespace', 'endpointsNamespace', '<unset>'],
      ['Path', 'path', ''],
      readOnly,
    ],
  },
  persistentVolumeClaim: {
    about: 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
    rows: [['ClaimName', 'claimName', ''], readOnly],
  },
  ephemeral: {
    about:
      'EphemeralVolume (an inline specification for a volume that gets created and deleted with ' +
      'the pod)',
    rows: [],
  },
  rbd: {
    about: "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
    rows: [
      ['CephMonitors', 'monitors', '[]'],
      ['RBDImage', 'image', ''],
      fsType,
      ['RBDPool', 'pool', 'rbd'],
      ['RadosUser', 'user', 'admin'],
      ['Keyring', 'keyring', '/etc/ceph/keyring'],
      secretRef,
      readOnly,
    ],
  },
  quobyte: {
    about: "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
    rows: [['Registry', 'registry', ''], ['Volume', 'volume', ''], readOnly],
  },
  downwardAPI: {
    about: 'DownwardAPI (a volume populated by information about the pod)',
    rows: [],
  },
  azureDisk: {
    about: 'AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)',
    rows: [
      ['DiskName', 'diskName', ''],
      ['DiskURI', 'diskURI', ''],
      ['Kind', 'kind', 'Shared'],
      ['FSType', 'fsType', 'ext4'],
      ['CachingMode', 'cachingMode', 'ReadWrite'],
      readOnly,
    ],
  },
  vsphereVolume: {
    about: 'vSphereVolume (a Persistent Disk resource in vSphere)',
    rows: [
      ['VolumePath', 'volumePath', ''],
      fsType,
      ['StoragePolicyName', 'storagePolicyName', ''],
    ],
  },
  cinder: {
    about: 'Cinder (a Persistent Disk resource in OpenStack)',
    rows: [['VolumeID', 'volumeID', ''], fsType, readOnly, secretRef],
  },
  photonPersistentDisk: {
    about: 'PhotonPersistentDisk (a Persistent Disk resource in photon platform)',
    rows: [['PdID', 'pdID', ''], fsType],
  },
  portworxVolume: {
    about: 'PortworxVolume (a Portworx Volume resource)',
    rows: [['VolumeID', 'volumeID', '']],
  },
  scaleIO: {
    about: 'ScaleIO (a persistent volume backed by a block device in ScaleIO)',
    rows: scaleIo(),
    volumeRows: scaleIo(secretRef),
  },
  cephfs: {
    about: "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
    rows: [
      ['Monitors', 'monitors', '[]'],
      ['Path', 'path', ''],
      ['User', 'user', ''],
      ['SecretFile', 'secretFile', ''],
      secretRef,
      readOnly,
    ],
  },
  storageos: {
    about: 'StorageOS (a StorageOS Persistent Disk resource)',
    rows: [
      ['VolumeName', 'volumeName', ''],
      ['VolumeNamespace', 'volumeNamespace', ''],
      fsType,
      readOnly,
    ],
  },
  local: {
    about: 'LocalVolume (a persistent volume backed by local storage on a node)',
    rows: [['Path', 'path', '']],
  },
  fc: {
    about: 'FC (a Fibre Channel disk)',
    rows: [['TargetWWNs', 'targetWWNs', ''], ['LUN', 'lun', '<none>'], fsType, readOnly],
  },
  azureFile: {
    about: 'AzureFile (an Azure File Service mount on the host and bind mount to the pod)',
    rows: [['SecretName', 'secretName', ''], ['ShareName', 'shareName', ''], readOnly],
    volumeRows: [
      ['SecretName', 'secretName', ''],
      ['SecretNamespace', 'secretNamespace', ''],
      ['ShareName', 'shareName', ''],
      readOnly,
    ],
  },
  flexVolume: {
    about:
      'FlexVolume (a generic volume resource that is provisioned/attached using an exec based ' +
      'plugin)',
    rows: [['Driver', 'driver', ''], fsType, secretRef, readOnly, ['Options', 'options', 'map[]']],
  },
  flocker: {
    about: 'Flocker (a Flocker volume mounted by the Flocker agent)',
    rows: [
      ['DatasetName', 'datasetName', ''],
      ['DatasetUUID', 'datasetUUID', ''],
    ],
  },
  csi: {
    about: 'CSI (a Container Storage Interface (CSI) volume source)',
    rows: [['Driver', 'driver', ''], fsType, readOnly],
    volumeRows: [['Driver', 'driver', ''], fsType, ['VolumeHandle', 'volumeHandle', ''], readOnly],
  },
  image: {
    about: 'Image (a container image or OCI artifact)',
    rows: [
      ['Reference', 'reference', ''],
      ['PullPolicy', 'pullPolicy', ''],
    ],
  },
};
