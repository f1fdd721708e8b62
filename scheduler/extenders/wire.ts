/**
 * The JSON of k8s.io/kube-scheduler/extender/v1. Its Go types have no JSON names: requests carry
 * the names of the Go fields, and answers are read as Go reads them, whatever their case.
 */
import { isObject } from '../../api/deep.ts';
import { nameOf, namespaceOf } from '../../api/meta.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { unresolvable, unschedulable, type Status } from '../framework/status.ts';
import type { Victims } from '../framework/victims.ts';

/** What was answered is not what the protocol says. */
class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}

/** The answer leaves the node out and does not say why: no eviction is known to help. */
const unexplained = unresolvable();

type Json = Readonly<Record<string, unknown>>;

/** Keys of one object in lower case, as Go compares them; null leaves all at their defaults. */
function fieldsOf(value: unknown, what: string): Json {
  if (value === null) return {};
  if (!isObject(value)) throw new MalformedAnswer(`${what} is not an object`);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]),
  );
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new MalformedAnswer(`${what} is not a list`);
  return value;
}

function textOf(value: unknown, what: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') throw new MalformedAnswer(`${what} is not a string`);
  return value;
}

function wholeOf(value: unknown, what: string): number {
  const number = value ?? 0;
  if (!Number.isSafeInteger(number)) throw new MalformedAnswer(`${what} is not a whole number`);
  return number as number;
}

const entriesOf = (value: unknown, what: string): readonly (readonly [string, unknown])[] => {
  if (value === null || value === undefined) return [];
  if (!isObject(value)) throw new MalformedAnswer(`${what} is not an object`);
  return Object.entries(value);
};

/** ExtenderArgs, of filter and prioritize alike. */
export function nodesRequest(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  byName: boolean,
): Record<string, unknown> {
  return {
    Pod: pod.pod,
    Nodes: byName ? null : { metadata: {}, items: nodes.map(({ node }) => node) },
    NodeNames: byName ? nodes.map(({ name }) => name) : null,
  };
}

/** ExtenderFilterResult: why which of `nodes` will not do. */
export function refusedNodes(
  answer: unknown,
  nodes: readonly NodeInfo[],
  { byName, extender }: { readonly byName: boolean; readonly extender: string },
): ReadonlyMap<string, Status> {
  const fields = fieldsOf(answer, 'the answer');
  const error = textOf(fields['error'], 'Error');
  if (error !== '') throw new Error(error);
  const kept = keptNames(fields, byName);
  const known = new Set(nodes.map(({ name }) => name));
  for (const name of kept)
    if (!known.has(name))
      throw new MalformedAnswer(
        `extender "${extender}" claims a filtered node "${name}" which is not found in the input ` +
          'node list',
      );
  const refused = new Map<string, Status>();
  for (const { name } of nodes) if (!kept.has(name)) refused.set(name, unexplained);
  const tell = (field: string, status: (...reasons: string[]) => Status): void => {
    for (const [name, why] of entriesOf(fields[field.toLowerCase()], field))
      if (known.has(name)) refused.set(name, status(textOf(why, `${field}.${name}`)));
  };
  tell('FailedNodes', unschedulable);
  tell('FailedAndUnresolvableNodes', unresolvable);
  return refused;
}

function keptNames(fields: Json, byName: boolean): ReadonlySet<string> {
  const names = fields['nodenames'];
  if (byName && names !== null && names !== undefined)
    return new Set(listOf(names, 'NodeNames').map((each) => textOf(each, 'a node name')));
  const { nodes } = fields;
  if (nodes === null || nodes === undefined) return new Set();
  const items = listOf(fieldsOf(nodes, 'Nodes')['items'], 'Nodes.items');
  return new Set(
    items.map((item) => {
      const { metadata } = fieldsOf(item, 'a node');
      return textOf(fieldsOf(metadata, 'metadata')['name'], 'a node name');
    }),
  );
}

/** HostPriorityList: 0 to 10 by node. */
export function hostPriorities(answer: unknown): ReadonlyMap<string, number> {
  return new Map(
    listOf(answer, 'the answer').map((each) => {
      const { host, score } = fieldsOf(each, 'a host priority');
      return [textOf(host, 'Host'), wholeOf(score, 'Score')];
    }),
  );
}

/** ExtenderPreemptionArgs. */
export function preemptionRequest(
  pod: PodInfo,
  candidates: readonly Victims[],
  byName: boolean,
): Record<string, unknown> {
  const victims = candidates.map(({ node, pods, violations }) => [
    node.name,
    {
      Pods: byName ? pods.map(({ uid }) => ({ UID: uid })) : pods.map((each) => each.pod),
      NumPDBViolations: violations,
    },
  ]);
  return {
    Pod: pod.pod,
    [byName ? 'NodeNameToMetaVictims' : 'NodeNameToVictims']: Object.fromEntries(
      victims,
    ) as unknown,
  };
}

/** ExtenderPreemptionResult: always by uid, whatever was sent. */
export function keptCandidates(
  answer: unknown,
  candidates: readonly Victims[],
): readonly Victims[] {
  const field = 'NodeNameToMetaVictims';
  const known = new Map(candidates.map((each) => [each.node.name, each]));
  const kept = entriesOf(fieldsOf(answer, 'the answer')[field.toLowerCase()], field);
  return kept.map(([name, value]): Victims => {
    const candidate = known.get(name);
    if (candidate === undefined) throw new MalformedAnswer(`node "${name}" was no candidate`);
    const { pods, numpdbviolations } = fieldsOf(value, `${field}.${name}`);
    const uids = new Set(
      listOf(pods, 'Pods').map((each) => textOf(fieldsOf(each, 'a victim')['uid'], 'UID')),
    );
    if (uids.size === 0)
      throw new MalformedAnswer(`expected at least one victim pod on node "${name}"`);
    return {
      node: candidate.node,
      pods: victimsBy(uids, candidate),
      violations: wholeOf(numpdbviolations, 'NumPDBViolations'),
    };
  });
}

/** An extender may name other pods of the node than those it was told of. */
function victimsBy(uids: ReadonlySet<string>, { node, pods }: Victims): Victims['pods'] {
  const found = pods.filter(({ uid }) => uids.has(uid));
  const told = new Set(found.map(({ uid }) => uid));
  for (const uid of uids) {
    if (told.has(uid)) continue;
    const other = node.pods.get(uid);
    if (other === undefined)
      throw new MalformedAnswer(`victim "${uid}" is not on node "${node.name}"`);
    found.push(other);
  }
  return found;
}

/** ExtenderBindingArgs. */
export const bindingRequest = ({ pod, uid }: PodInfo, nodeName: string): object => ({
  PodName: nameOf(pod),
  PodNamespace: namespaceOf(pod),
  PodUID: uid,
  Node: nodeName,
});

/** ExtenderBindingResult: throws what it says went wrong. */
export function checkBound(answer: unknown): void {
  const error = textOf(fieldsOf(answer, 'the answer')['error'], 'Error');
  if (error !== '') throw new Error(error);
}
