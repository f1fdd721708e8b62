/** What each kind is asked about. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { Node, PersistentVolumeClaim, Pod, Service } from '../../api/types/core-v1.ts';
import type { Ingress } from '../../api/types/networking-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import { claimFindings } from './claim.ts';
import { deletionFindings } from './deletion.ts';
import { beside, type Evidence } from './evidence.ts';
import { budgetFindings, nodeFindings } from './eviction.ts';
import { about, type Finding, type Told } from './finding.ts';
import { objectFindings } from './object.ts';
import { placementFindings } from './placement.ts';
import { podFindings } from './pod.ts';
import { missingFindings } from './references.ts';
import { roomFindings } from './room.ts';
import { ingressFindings, serviceFindings } from './service.ts';

type Explainer = (evidence: Evidence, object: KubernetesObject) => Promise<Told[]> | Told[];

/** Beside their conditions, which all kinds but pods are read by. */
const explainers: Readonly<Record<string, Explainer>> = {
  PersistentVolumeClaim: (evidence, claim) =>
    claimFindings(evidence, claim as PersistentVolumeClaim),
  Service: (evidence, service) => serviceFindings(evidence, service as Service),
  Ingress: (evidence, ingress) => ingressFindings(evidence, ingress as Ingress),
  Node: (evidence, node) => nodeFindings(evidence, node as Node),
  PodDisruptionBudget: (_, budget) => budgetFindings(budget as PodDisruptionBudget),
};

export async function explained(evidence: Evidence, object: KubernetesObject): Promise<Finding[]> {
  if (object.kind === 'Pod') return podExplained(evidence, object as Pod);
  const more = (await explainers[object.kind]?.(evidence, object)) ?? [];
  return about(object, [...objectFindings(object), ...more]);
}

async function podExplained(evidence: Evidence, pod: Pod): Promise<Finding[]> {
  const told = [...deletionFindings(pod)];
  if (!pod.spec.nodeName) {
    const nodes = await evidence.list<Node>('/api/v1/nodes');
    const pods = await evidence.list<Pod>('/api/v1/pods');
    told.push(...placementFindings(pod, nodes), ...roomFindings(pod, nodes, pods));
  } else {
    told.push(...(await silentNode(evidence, pod)));
  }
  told.push(...podFindings(pod), ...(await missingFindings(evidence, pod)));
  return about(pod, told);
}

/** A pod whose node is gone or silent is neither started nor ended by anybody. */
async function silentNode(evidence: Evidence, { spec }: Pod): Promise<Told[]> {
  const nodes = await evidence.list<Node>('/api/v1/nodes');
  const node = nodes.find(({ metadata }) => metadata.name === spec.nodeName);
  if (nodes.length === 0) return [];
  const name = spec.nodeName ?? '';
  if (node === undefined) return [{ text: `its node ${name} does not exist` }];
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return [];
  const text = `its node ${name} is not ready: nothing starts or ends there`;
  return [{ text, hint: `kubectl-lite why node ${name}` }];
}

/** The claims of pods that no node takes: what keeps them may keep the pods. */
export async function claimsOf(
  evidence: Evidence,
  members: readonly KubernetesObject[],
): Promise<readonly KubernetesObject[]> {
  const known = new Set(members.map(({ metadata }) => metadata.uid));
  const found: KubernetesObject[] = [];
  for (const member of members) {
    const { spec, kind } = member as Pod;
    if (kind !== 'Pod' || spec.nodeName) continue;
    const volumes = spec.volumes ?? [];
    const named = volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    if (named.every((name) => name === undefined)) continue;
    const path = beside(member, 'persistentvolumeclaims');
    for (const claim of await evidence.list<PersistentVolumeClaim>(path)) {
      if (!named.includes(claim.metadata.name) || known.has(claim.metadata.uid)) continue;
      known.add(claim.metadata.uid);
      found.push({ ...claim, kind: 'PersistentVolumeClaim' });
    }
  }
  return found;
}
