/** The parent of an ApplySet (KEP-3659): which object it is, and what it says of the set. */
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { listItems } from '../resource/list.ts';
import { type Located, readLive } from '../resource/located.ts';
import type { DiscoveredResource } from '../resource/discover.ts';
import type { Resources } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const ID_LABEL = 'applyset.kubernetes.io/id';
export const TOOLING_ANNOTATION = 'applyset.kubernetes.io/tooling';
export const KINDS_ANNOTATION = 'applyset.kubernetes.io/contains-group-kinds';
export const NAMESPACES_ANNOTATION = 'applyset.kubernetes.io/additional-namespaces';
/** What came before the kinds. */
const RESOURCES_ANNOTATION = 'applyset.kubernetes.io/contains-group-resources';
/** On a definition: its objects may be parents. */
const PARENT_TYPE_LABEL = 'applyset.kubernetes.io/is-parent-type';

/** Sets of kubectl and ours are the same: each goes on with what the other began. */
export const TOOLING = 'kubectl';

export interface Members {
  /** By "Deployment.apps". */
  readonly kinds: ReadonlyMap<string, DiscoveredResource>;
  readonly namespaces: ReadonlySet<string>;
}

export const noMembers: Members = { kinds: new Map(), namespaces: new Set() };

const isBuiltIn = ({ group, resource }: DiscoveredResource): boolean =>
  group === '' && (resource === 'secrets' || resource === 'configmaps');

/** "secrets./name" */
const shownName = ({ type, name }: Located): string =>
  JSON.stringify(`${type.resource}.${type.group}/${name}`);

/** What `--applyset` names: "[RESOURCE[.GROUP]/]NAME", a Secret if no type is said. */
export async function parentNamed(session: Session, reference: string): Promise<Located> {
  const slash = reference.indexOf('/');
  const name = reference.slice(slash + 1);
  const word = slash < 0 ? 'secrets' : reference.slice(0, slash);
  const refuse = (why: string): UsageError =>
    new UsageError(`invalid parent reference ${JSON.stringify(reference)}: ${why}`);
  if (name === '') throw refuse('name cannot be blank');
  const type = (await session.resources()).lookUp(word);
  if (type === undefined) throw refuse(unknownResource(word));
  // The namespace of the context is not enough.
  const namespace = session.namespaceGiven ? session.namespace : '';
  return { type, name, namespace: type.namespaced ? namespace : undefined };
}

function unknownResource(word: string): string {
  const [resource = '', ...group] = word.split('.');
  return `no matches for ${group.join('.')}/, Resource=${resource}`;
}

/** Throws if an object of that type cannot be the parent of a set. */
export async function checkParent(session: Session, { type, namespace }: Located): Promise<void> {
  const reasons: string[] = [];
  if (namespace === '') reasons.push('namespace is required to use namespace-scoped ApplySet');
  if (!isBuiltIn(type) && !(await isDeclaredParent(session, type))) {
    const resource = JSON.stringify(`${type.group}/${type.version}, Resource=${type.resource}`);
    reasons.push(`resource ${resource} is not permitted as an ApplySet parent`);
  }
  if (reasons.length === 0) return;
  throw new UsageError(reasons.length === 1 ? reasons[0]! : `[${reasons.join(', ')}]`);
}

async function isDeclaredParent(session: Session, type: DiscoveredResource): Promise<boolean> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const definitions = await listItems(session, { path, labelSelector: PARENT_TYPE_LABEL });
  return definitions.some(({ metadata }) => metadata.name === `${type.resource}.${type.group}`);
}

/** What the live parent says; nothing if it is still to be made. Throws if it is not ours. */
export async function membersOf(session: Session, parent: Located, id: string): Promise<Members> {
  let live: KubernetesObject;
  try {
    live = await readLive(session, parent);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (!isStatus(error, 'NotFound')) {
      throw new UsageError(`failed to fetch ApplySet parent object ${shownName(parent)}: ${why}`);
    }
    if (isBuiltIn(parent.type)) return noMembers;
    throw new UsageError('custom resource ApplySet parents cannot be created automatically');
  }
  const { annotations = {}, labels = {} } = live.metadata;
  checkOwner(parent, { annotations, labels, id });
  const namespaces = new Set((annotations[NAMESPACES_ANNOTATION] ?? '').split(','));
  if (parent.namespace !== undefined) namespaces.add(parent.namespace);
  namespaces.delete('');
  const resources = await session.resources();
  try {
    return { kinds: kindsIn(annotations, resources), namespaces };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`parsing ApplySet annotation on ${shownName(parent)}: ${error.message}`);
  }
}

function checkOwner(
  parent: Located,
  said: {
    readonly annotations: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
    readonly id: string;
  },
): void {
  const shown = `ApplySet parent object ${shownName(parent)}`;
  const tool = said.annotations[TOOLING_ANNOTATION];
  if (tool === undefined) {
    throw new UsageError(
      `${shown} already exists and is missing required annotation ` +
        JSON.stringify(TOOLING_ANNOTATION),
    );
  }
  const manager = tool.replace(/\/[^/]*$/, '');
  if (manager !== TOOLING) {
    throw new UsageError(
      `${shown} already exists and is managed by tooling ${JSON.stringify(manager)} instead of ` +
        JSON.stringify(TOOLING),
    );
  }
  const label = said.labels[ID_LABEL];
  if (label === undefined) {
    throw new UsageError(`${shown} exists and does not have required label ${ID_LABEL}`);
  }
  if (label === said.id) return;
  throw new UsageError(
    `${shown} exists and has incorrect value for label ${JSON.stringify(ID_LABEL)} ` +
      `(got: ${label}, want: ${said.id})`,
  );
}

function kindsIn(
  annotations: Readonly<Record<string, string>>,
  resources: Resources,
): ReadonlyMap<string, DiscoveredResource> {
  const served = resources.preferred();
  const kinds = annotations[KINDS_ANNOTATION];
  const older = annotations[RESOURCES_ANNOTATION] ?? '';
  if (kinds === undefined && older === '') {
    throw new UsageError(
      `kubectl requires the ${JSON.stringify(KINDS_ANNOTATION)} annotation to be set on all ` +
        'ApplySet parent objects',
    );
  }
  const found = new Map<string, DiscoveredResource>();
  for (const text of (kinds ?? older).split(',').filter((part) => part !== '')) {
    const type = served.find((one) => (kinds === undefined ? resourceOf : kindOf)(one) === text);
    if (type === undefined) {
      const [kind = '', ...rest] = text.split('.');
      const group = JSON.stringify(rest.join('.'));
      throw new UsageError(
        kinds === undefined
          ? `invalid group resource in "${RESOURCES_ANNOTATION}" annotation: ` +
              unknownResource(text)
          : `could not find mapping for kind in "${KINDS_ANNOTATION}" annotation: ` +
              `no matches for kind ${JSON.stringify(kind)} in group ${group}`,
      );
    }
    found.set(kindOf(type), type);
  }
  return found;
}

/** "Deployment.apps" */
export const kindOf = ({ kind, group }: DiscoveredResource): string =>
  group === '' ? kind : `${kind}.${group}`;

const resourceOf = ({ resource, group }: DiscoveredResource): string =>
  group === '' ? resource : `${resource}.${group}`;
