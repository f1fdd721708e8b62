/**
 * What OpenAPI calls an operation: generators of clients name their methods by it
 * ("readCoreV1NamespacedPodStatus") and put them into one class per tag ("core_v1").
 */
import type { GroupVersionKind } from '../../api/schema/table.ts';

/** What is operated on: a resource, or a subresource of it. */
export interface Operand {
  /** Of the resource, also where a subresource has a kind of its own. */
  readonly of: GroupVersionKind;
  readonly namespaced: boolean;
  readonly subresource?: string;
  /** A list of all namespaces, a path below a proxy. */
  readonly suffix?: 'ForAllNamespaces' | 'WithPath';
  readonly custom: boolean;
  /** Its list says that it can be watched, too; those of custom resources do not. */
  readonly watched: boolean;
}

export interface OperationName {
  readonly description: string;
  readonly operationId: string;
  readonly tags: readonly string[];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "rbac.authorization" → "rbacAuthorization". */
const joined = (text: string): string =>
  text
    .split(/[^\p{L}\d_]/u)
    .map((part, index) => (index === 0 ? part : capital(part)))
    .join('');

/** By what is done, in the words of `x-kubernetes-action`. */
const verbs: Readonly<Record<string, string>> = {
  get: 'read',
  list: 'list',
  post: 'create',
  put: 'replace',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete',
};

function article(noun: string): string {
  if (noun.endsWith('s') && !noun.endsWith('ss')) return ' ';
  return /^[aeiou]/i.test(noun) ? ' an ' : ' a ';
}

function description(action: string, { of: { kind }, subresource, watched }: Operand): string {
  const part = subresource === undefined ? '' : ` ${subresource} of`;
  switch (action) {
    case 'list':
      return `${watched ? 'list or watch' : 'list'} objects of kind ${kind}`;
    case 'get':
      return `read${part} the specified ${kind}`;
    case 'put':
      return `replace${part} the specified ${kind}`;
    case 'patch':
      return `partially update${part} the specified ${kind}`;
    case 'deletecollection':
      return `delete collection of ${kind}`;
    default:
      return `${verbs[action]}${part}${article(kind)}${kind}`;
  }
}

function named(verb: string, rest: string, operand: Operand): Omit<OperationName, 'description'> {
  const { of, namespaced, subresource = '', suffix = '' } = operand;
  const group = joined(of.group === '' ? 'core' : of.group.replace(/\.k8s\.io$/, ''));
  const scope = namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '';
  const what = `${rest}${scope}${of.kind}${capital(subresource)}${suffix}`;
  return {
    operationId: `${verb}${capital(group)}${capital(of.version)}${what}`,
    tags: [`${group}_${of.version}`],
  };
}

/** `action` is one of `x-kubernetes-action`, but "connect". */
export function operationName(action: string, operand: Operand): OperationName {
  const said = description(action, operand);
  const rest = action === 'deletecollection' ? 'Collection' : '';
  return { description: said, ...named(verbs[action]!, rest, operand) };
}

/** `method` as in a path item: "get". */
export function connectName(method: string, operand: Operand): OperationName {
  const to = `${operand.subresource ?? ''} of ${operand.of.kind}`;
  return {
    description: `connect ${method.toUpperCase()} requests to ${to}`,
    ...named('connect', capital(method), operand),
  };
}
