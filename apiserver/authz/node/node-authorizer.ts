/**
 * What a kubelet may do (https://kubernetes.io/docs/reference/access-authn-authz/node/): what the
 * role system:node says, and of secrets, config maps, volumes and tokens only what its pods need.
 * What it may write into its Node and pods is the admission plugin NodeRestriction's to check.
 */
import type { ReferencedResource } from '../../../api/pod-references.ts';
import type { User } from '../../authn/user.ts';
import type { Attributes, Authorizer, Decision, ResourceAttributes, Rules } from '../authorizer.ts';
import { noOpinion } from '../authorizer.ts';
import { clusterRoles } from '../policy/cluster-roles.ts';
import { ruleOf } from '../policy/notation.ts';
import { ruleAllows } from '../rbac/rule.ts';
import { selectsExactly } from './field-selector.ts';
import type { NodeGraph } from './node-graph.ts';

const NODE_PREFIX = 'system:node:';
const NODE_GROUP = 'system:nodes';
const LEASE_NAMESPACE = 'kube-node-lease';

const allowed: Decision = { allowed: true };
const refused = (reason: string): Decision => ({ allowed: false, reason });

/** Undefined: not a node. "": a node without a name. */
function nodeNameOf({ name, groups }: User): string | undefined {
  if (!name.startsWith(NODE_PREFIX) || !groups.includes(NODE_GROUP)) return undefined;
  return name.slice(NODE_PREFIX.length);
}

interface Asked extends ResourceAttributes {
  readonly node: string;
}

type Judge = (asked: Asked, graph: NodeGraph) => Decision;

export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph;
  readonly #rules = clusterRoles['system:node']!.map(ruleOf);

  constructor(graph: NodeGraph) {
    this.#graph = graph;
  }

  authorize(user: User, attributes: Attributes): Decision | Promise<Decision> {
    const node = nodeNameOf(user);
    if (node === undefined) return noOpinion;
    if (node === '') return refused(`unknown node for user ${JSON.stringify(user.name)}`);
    if (attributes.type === 'resource') {
      const { group, resource } = attributes;
      const judge = judges[group === '' ? resource : `${resource}.${group}`];
      if (judge !== undefined) {
        const asked = { ...attributes, node };
        const synced = this.#graph.synced();
        if (synced === undefined) return judge(asked, this.#graph);
        return synced.then(() => judge(asked, this.#graph));
      }
    }
    return this.#rules.some((rule) => ruleAllows(rule, attributes)) ? allowed : noOpinion;
  }

  rulesFor(user: User): Rules {
    const isNode = nodeNameOf(user) !== undefined;
    const errors = isNode ? ['node authorizer does not support user rule resolution'] : [];
    return { rules: [], incomplete: isNode, errors };
  }
}

const judges: Readonly<Record<string, Judge>> = {
  secrets: (asked, graph) => readOne(asked, graph, 'secrets'),
  configmaps: (asked, graph) => readOne(asked, graph, 'configmaps'),
  persistentvolumeclaims: claims,
  persistentvolumes: (asked, graph) => getOne(asked, () => graph.mounts(asked.node, asked.name)),
  'resourceclaims.resource.k8s.io': (asked, graph) =>
    getOne(asked, () => graph.refers(asked.node, 'resourceclaims', asked)),
  'volumeattachments.storage.k8s.io': (asked, graph) =>
    getOne(asked, () => graph.attaches(asked.node, asked.name)),
  serviceaccounts: accounts,
  'leases.coordination.k8s.io': leases,
  'csinodes.storage.k8s.io': csiNodes,
  'resourceslices.resource.k8s.io': resourceSlices,
  nodes,
  pods,
};

/** For objects that exist only through a relation to the node. */
function related({ node, name }: Asked, holds: () => boolean): Decision {
  if (name === '') return refused('No Object name found');
  if (holds()) return allowed;
  return refused(`no relationship found between node '${node}' and this object`);
}

function getOne(asked: Asked, holds: () => boolean): Decision {
  if (asked.verb !== 'get') return refused('can only get individual resources of this type');
  if (asked.subresource !== '') return refused('cannot get subresource');
  return related(asked, holds);
}

function readOne(asked: Asked, graph: NodeGraph, resource: ReferencedResource): Decision {
  if (!['get', 'list', 'watch'].includes(asked.verb))
    return refused('can only read resources of this type');
  if (asked.subresource !== '') return refused('cannot read subresource');
  if (asked.namespace === '') return refused('can only read namespaced object of this type');
  return related(asked, () => graph.refers(asked.node, resource, asked));
}

function claims(asked: Asked, graph: NodeGraph): Decision {
  const holds = (): boolean => graph.refers(asked.node, 'persistentvolumeclaims', asked);
  if (asked.subresource !== 'status') return getOne(asked, holds);
  if (!['update', 'patch'].includes(asked.verb))
    return refused('can only get/update/patch this type');
  return related(asked, holds);
}

function accounts(asked: Asked, graph: NodeGraph): Decision {
  const { verb, subresource, name } = asked;
  if (verb === 'get' && subresource === '') return readOne(asked, graph, 'serviceaccounts');
  if (verb !== 'create' || name === '')
    return refused('can only create tokens for individual service accounts');
  if (subresource !== 'token')
    return refused('can only create token subresource of serviceaccount');
  return related(asked, () => graph.refers(asked.node, 'serviceaccounts', asked));
}

const OWN_VERBS = ['get', 'create', 'update', 'patch', 'delete'];

function leases({ verb, namespace, name, node }: Asked): Decision {
  if (!OWN_VERBS.includes(verb))
    return refused('can only get, create, update, patch, or delete a node lease');
  if (namespace !== LEASE_NAMESPACE)
    return refused(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  // The name of what is created is not known yet: NodeRestriction checks it.
  if (verb === 'create' || name === node) return allowed;
  return refused('can only access node lease with the same name as the requesting node');
}

function csiNodes({ verb, subresource, name, node }: Asked): Decision {
  if (!OWN_VERBS.includes(verb))
    return refused('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return refused('cannot authorize CSINode subresources');
  if (verb === 'create' || name === node) return allowed;
  return refused('can only access CSINode with the same name as the requesting node');
}

function resourceSlices(asked: Asked, graph: NodeGraph): Decision {
  if (asked.subresource !== '') return refused('cannot authorize ResourceSlice subresources');
  switch (asked.verb) {
    case 'create':
      return allowed;
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return related(asked, () => graph.publishes(asked.node, asked.name));
    case 'list':
    case 'watch':
    case 'deletecollection':
      if (selectsExactly(asked.fieldSelector, 'spec.nodeName', asked.node)) return allowed;
      return refused(
        'can only list/watch/deletecollection resourceslices with nodeName field selector',
      );
    default:
      return refused(
        'only the following verbs are allowed for a ResourceSlice: ' +
          'get, watch, list, create, update, patch, delete, deletecollection',
      );
  }
}

function nodes({ verb, subresource, name, node }: Asked): Decision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion;
  if (subresource !== '') return noOpinion;
  switch (verb) {
    case 'create':
    case 'update':
    case 'patch':
      return allowed;
    case 'get':
    case 'list':
    case 'watch':
      if (name === node) return allowed;
      return refused(
        name === ''
          ? `node '${node}' cannot read all nodes, only its own Node object`
          : `node '${node}' cannot read '${name}', only its own Node object`,
      );
    default:
      return noOpinion;
  }
}

function pods(asked: Asked, graph: NodeGraph): Decision {
  const { verb, subresource, node, name } = asked;
  const own = (): boolean => graph.runs(node, asked);
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : noOpinion;
  if (subresource === 'eviction') return verb === 'create' ? allowed : noOpinion;
  if (subresource !== '') return noOpinion;
  switch (verb) {
    case 'get':
      return getOne(asked, own);
    case 'list':
    case 'watch':
      if (selectsExactly(asked.fieldSelector, 'spec.nodeName', node)) return allowed;
      if (name !== '') return related(asked, own);
      return refused('can only list/watch pods with spec.nodeName field selector');
    case 'create':
    case 'delete':
      return allowed;
    default:
      return noOpinion;
  }
}
