import { changedPaths } from '../../../api/changed-paths.ts';
import { deepEqual } from '../../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../../api/meta.ts';
import { groupResource } from '../../../api/resource.ts';
import { statusError } from '../../../api/status.ts';
import type { TokenRequest } from '../../../api/types/authentication-v1.ts';
import type { CertificateSigningRequest } from '../../../api/types/certificates-v1.ts';
import type { Node, PersistentVolumeClaim, Pod } from '../../../api/types/core-v1.ts';
import type { ResourceSlice } from '../../../api/types/resource-v1.ts';
import {
  type AdmissionAttributes,
  type AdmissionPlugin,
  admissionForbidden,
  type Requester,
} from '../admission.ts';
import { subjectOf } from '../certificate-subject.ts';
import type { Lookups } from '../lookups.ts';
import { forbiddenChanges } from './node-labels.ts';
import { podFault } from './node-pods.ts';
import { audienceFault } from './token-audiences.ts';

const NODES_GROUP = 'system:nodes';
const USER_PREFIX = 'system:node:';
const LEASE_NAMESPACE = 'kube-node-lease';

export type NodeRestrictionLookups = Pick<
  Lookups,
  'nodes' | 'pods' | 'claims' | 'volumes' | 'csiDrivers' | 'mayAccess'
>;

/** Undefined: the user is no node. "": a node, but nobody knows which. */
function nodeOf({ name, groups }: Requester): string | undefined {
  if (!name.startsWith(USER_PREFIX) || !groups.includes(NODES_GROUP)) return undefined;
  return name.slice(USER_PREFIX.length);
}

/** What a rule says: the reason of a refusal, or nothing. */
type Verdict = string | undefined | Promise<string | undefined>;
type Rule = (attributes: AdmissionAttributes, node: string) => Verdict;

/** A node changes itself and what runs on it, so that one that was taken over takes no more. */
export class NodeRestriction implements AdmissionPlugin {
  readonly name = 'NodeRestriction';
  readonly #lookups: NodeRestrictionLookups;
  readonly #rules: Readonly<Record<string, Rule>>;

  constructor(lookups: NodeRestrictionLookups) {
    this.#lookups = lookups;
    this.#rules = {
      pods: (attributes, node) => this.#pod(attributes, node),
      nodes: nodeFault,
      persistentvolumeclaims: claimFault,
      serviceaccounts: (attributes, node) => this.#token(attributes, node),
      'leases.coordination.k8s.io': leaseFault,
      'csinodes.storage.k8s.io': csiNodeFault,
      'resourceslices.resource.k8s.io': sliceFault,
      'certificatesigningrequests.certificates.k8s.io': certificateFault,
    };
  }

  handles({ user, type }: AdmissionAttributes): boolean {
    return nodeOf(user) !== undefined && Object.hasOwn(this.#rules, groupResource(type));
  }

  async mutate(attributes: AdmissionAttributes): Promise<void> {
    const { user, type } = attributes;
    const node = nodeOf(user)!;
    const fault =
      node === ''
        ? `could not determine node from user ${JSON.stringify(user.name)}`
        : await this.#rules[groupResource(type)]!(attributes, node);
    if (fault !== undefined) throw admissionForbidden(attributes, fault);
  }

  async #pod(attributes: AdmissionAttributes, node: string): Promise<string | undefined> {
    const { operation, subresource, object, oldObject } = attributes;
    const name = JSON.stringify(node);
    switch (`${operation} ${subresource}`) {
      case 'CREATE ': {
        const found = await this.#lookups.nodes.named('', node);
        return podFault(object as Mutable<Pod>, node, found);
      }
      case 'DELETE ':
        return isOn(oldObject, node)
          ? undefined
          : `node ${name} can only delete pods with spec.nodeName set to itself`;
      case 'UPDATE status':
        return statusFault(object as Mutable<Pod>, oldObject as Pod, node);
      case 'CREATE eviction':
        return isOn(await this.#existing(attributes, attributes.name), node)
          ? undefined
          : `node ${node} can only evict pods with spec.nodeName set to itself`;
      default:
        if (subresource !== '' && subresource !== 'status' && subresource !== 'eviction')
          return (
            `unexpected pod subresource ${JSON.stringify(subresource)}, ` +
            "only 'status' and 'eviction' are allowed"
          );
        return (
          `unexpected operation ${JSON.stringify(operation)}, ` +
          `node ${name} can only create and delete mirror pods`
        );
    }
  }

  async #token(attributes: AdmissionAttributes, node: string): Promise<string | undefined> {
    const { operation, subresource, object } = attributes;
    if (operation !== 'CREATE' || subresource !== 'token') return undefined;
    const ref = (object as Mutable<TokenRequest>).spec.boundObjectRef;
    if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name)
      return 'node requested token not bound to a pod';
    if (!ref.uid) return 'node requested token with a pod binding without a uid';
    const pod = await this.#existing(attributes, ref.name);
    if (pod.metadata.uid !== ref.uid)
      return (
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. ` +
        'The object might have been deleted and then recreated'
      );
    if (pod.spec.nodeName !== node)
      return 'node requested token bound to a pod scheduled on a different node';
    return audienceFault(attributes, pod, this.#lookups);
  }

  async #existing({ namespace }: AdmissionAttributes, name: string): Promise<Pod> {
    const pod = await this.#lookups.pods.named(namespace, name);
    if (pod !== undefined) return pod;
    throw statusError('NotFound', `pod ${JSON.stringify(name)} not found`, { name, kind: 'pod' });
  }
}

function isOn(object: KubernetesObject | undefined, node: string): boolean {
  return (object as Pod | undefined)?.spec.nodeName === node;
}

function statusFault(pod: Mutable<Pod>, old: Pod, node: string): string | undefined {
  const name = JSON.stringify(node);
  if (!isOn(old, node))
    return `node ${name} can only update pod status for pods with spec.nodeName set to itself`;
  if (!deepEqual(pod.metadata.labels ?? {}, old.metadata.labels ?? {}))
    return `node ${name} cannot update labels through pod status`;
  const claims = ({ status }: Pod | Mutable<Pod>) => status?.resourceClaimStatuses ?? [];
  if (!deepEqual(claims(pod), claims(old)))
    return `node ${name} cannot update resource claim statues`;
  return undefined;
}

function nodeFault(attributes: AdmissionAttributes, node: string): string | undefined {
  const { operation, object } = attributes;
  const name = JSON.stringify(node);
  const requested = attributes.name || (object?.metadata.name ?? '');
  if (requested !== node)
    return `node ${name} is not allowed to modify node ${JSON.stringify(requested)}`;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
  const { spec, metadata } = object as Mutable<Node>;
  if (operation === 'CREATE') {
    if (spec?.configSource !== undefined)
      return `node ${name} is not allowed to create pods with a non-nil configSource`;
    const labels = forbiddenChanges(metadata.labels);
    return labels.length === 0
      ? undefined
      : `node ${name} is not allowed to set the following labels: ${labels.join(', ')}`;
  }
  const old = attributes.oldObject as Node;
  if (spec?.configSource !== undefined && !deepEqual(spec.configSource, old.spec?.configSource))
    return `node ${name} is not allowed to update configSource to a new non-nil configSource`;
  if (!deepEqual(spec?.taints ?? [], old.spec?.taints ?? []))
    return `node ${name} is not allowed to modify taints`;
  if (!deepEqual(metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    return `node ${name} is not allowed to modify ownerReferences`;
  const labels = forbiddenChanges(metadata.labels, old.metadata.labels);
  if (labels.length > 0) return `is not allowed to modify labels: ${labels.join(', ')}`;
  return undefined;
}

/** What an expansion on the node reports. */
const reported = ['capacity', 'conditions', 'allocatedResourceStatuses', 'allocatedResources'];

function claimFault(attributes: AdmissionAttributes, node: string): string | undefined {
  const { operation, subresource, object, oldObject } = attributes;
  if (subresource !== 'status') return 'may only update PVC status';
  if (operation !== 'UPDATE') return `unexpected operation ${JSON.stringify(operation)}`;
  const rest = (claim: PersistentVolumeClaim | Mutable<PersistentVolumeClaim>) => {
    const { resourceVersion: _v, managedFields: _m, ...metadata } = claim.metadata;
    const status = Object.entries(claim.status ?? {}).filter(([key]) => !reported.includes(key));
    return { metadata, spec: claim.spec, status: Object.fromEntries(status) };
  };
  const before = rest(oldObject as PersistentVolumeClaim);
  const after = rest(object as Mutable<PersistentVolumeClaim>);
  if (deepEqual(after, before)) return undefined;
  return (
    `node ${JSON.stringify(node)} is not allowed to update fields other than ` +
    `status.quantity and status.conditions:\n${changedPaths(after, before, 'claim').join('\n')}`
  );
}

function leaseFault(attributes: AdmissionAttributes, node: string): string | undefined {
  if (attributes.namespace !== LEASE_NAMESPACE)
    return `can only access leases in the ${JSON.stringify(LEASE_NAMESPACE)} system namespace`;
  return nameOf(attributes) === node
    ? undefined
    : 'can only access node lease with the same name as the requesting node';
}

function csiNodeFault(attributes: AdmissionAttributes, node: string): string | undefined {
  return nameOf(attributes) === node
    ? undefined
    : 'can only access CSINode with the same name as the requesting node';
}

const nodeSigners = [
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/kube-apiserver-client-kubelet',
];

/** A node asks for certificates of its own. */
function certificateFault(attributes: AdmissionAttributes, node: string): string | undefined {
  if (attributes.operation !== 'CREATE') return undefined;
  const { signerName, request } = (attributes.object as Mutable<CertificateSigningRequest>).spec;
  if (!nodeSigners.includes(signerName)) return undefined;
  const subject = subjectOf(request);
  if (subject === undefined)
    return 'unable to parse csr: PEM block type must be CERTIFICATE REQUEST';
  return subject.commonName === `${USER_PREFIX}${node}`
    ? undefined
    : `can only create a node CSR with CN=${USER_PREFIX}${node}`;
}

function sliceFault(attributes: AdmissionAttributes, node: string): string | undefined {
  const { operation, object, oldObject } = attributes;
  const verb = operation.toLowerCase();
  const slice = (operation === 'CREATE' ? object : oldObject) as ResourceSlice | undefined;
  return slice?.spec.nodeName === node
    ? undefined
    : `can only ${verb} ResourceSlice with the same NodeName as the requesting node`;
}

/** Of a create whose name is not yet in the path. */
function nameOf({ name, object }: AdmissionAttributes): string {
  return name || (object?.metadata.name ?? '');
}
