/**
 * For whom a node may ask for tokens of its pods (KEP-4601, ServiceAccountNodeAudienceRestriction):
 * for the audiences that the pod's volumes name, and for those that an administrator opens by the
 * verb `request-serviceaccounts-token-audience`.
 */
import type { KubernetesObject, Mutable } from '../../../api/meta.ts';
import { StatusError, statusError } from '../../../api/status.ts';
import type { TokenRequest } from '../../../api/types/authentication-v1.ts';
import type { Pod, Volume } from '../../../api/types/core-v1.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { Lookup, Lookups } from '../lookups.ts';

type AudienceLookups = Pick<Lookups, 'claims' | 'volumes' | 'csiDrivers' | 'mayAccess'>;

const VERB = 'request-serviceaccounts-token-audience';

/** The CSI drivers that took over volumes that were once built in. */
const formerDrivers: Readonly<Record<string, string>> = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  azureDisk: 'disk.csi.azure.com',
  azureFile: 'file.csi.azure.com',
  cinder: 'cinder.csi.openstack.org',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  portworxVolume: 'pxd.portworx.com',
  vsphereVolume: 'csi.vsphere.vmware.com',
};

/** Why the node may not have this token for this pod of its own; undefined if it may. */
export async function audienceFault(
  { object, user, namespace, name }: AdmissionAttributes,
  pod: Pod,
  lookups: AudienceLookups,
): Promise<string | undefined> {
  const { audiences = [] } = (object as Mutable<TokenRequest>).spec;
  if (audiences.length > 1) return 'node may only request 0 or 1 audiences';
  const [audience = ''] = audiences;
  const asked = JSON.stringify(audience);
  const missing: string[] = [];
  for (const volume of pod.spec.volumes ?? [])
    try {
      if (await isFor(audience, { volume, pod, lookups })) return undefined;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      missing.push(error.message);
    }
  if (missing.length > 0) {
    const all = missing.length === 1 ? missing[0] : `[${missing.join(', ')}]`;
    return `error validating audience ${asked}: ${all}`;
  }
  const access = { verb: VERB, group: '', resource: audience, subresource: '', namespace, name };
  if (await lookups.mayAccess(user, access)) return undefined;
  return (
    `audience ${asked} not found in pod spec volume, ` +
    `${user.name} is not authorized to request tokens for this audience`
  );
}

interface Mounted {
  readonly volume: Volume;
  readonly pod: Pod;
  readonly lookups: AudienceLookups;
}

async function isFor(audience: string, mounted: Mounted): Promise<boolean> {
  const sources = mounted.volume.projected?.sources ?? [];
  for (const { serviceAccountToken } of sources)
    if (serviceAccountToken && (serviceAccountToken.audience ?? '') === audience) return true;
  const name = await driverOf(mounted);
  if (name === undefined) return false;
  const driver = await existing(
    'csidriver.storage.k8s.io',
    mounted.lookups.csiDrivers,
    at('', name),
  );
  return (driver.spec.tokenRequests ?? []).some((one) => one.audience === audience);
}

async function driverOf({ volume, pod, lookups }: Mounted): Promise<string | undefined> {
  const claim = volume.ephemeral
    ? `${pod.metadata.name}-${volume.name}`
    : volume.persistentVolumeClaim?.claimName;
  if (claim === undefined) return volume.csi?.driver ?? formerDriver(volume);
  const where = at(pod.metadata.namespace ?? '', claim);
  const { spec } = await existing('persistentvolumeclaim', lookups.claims, where);
  const bound = at('', spec.volumeName ?? '');
  const given = await existing('persistentvolume', lookups.volumes, bound);
  return given.spec.csi?.driver ?? formerDriver(given.spec);
}

const formerDriver = (source: object): string | undefined =>
  Object.entries(formerDrivers).find(([field]) => Object.hasOwn(source, field))?.[1];

interface At {
  readonly namespace: string;
  readonly name: string;
}
const at = (namespace: string, name: string): At => ({ namespace, name });

async function existing<T extends KubernetesObject>(
  kind: string,
  lookup: Lookup<T>,
  { namespace, name }: At,
): Promise<T> {
  const found = await lookup.named(namespace, name);
  if (found !== undefined) return found;
  throw statusError('NotFound', `${kind} ${JSON.stringify(name)} not found`, { name, kind });
}
