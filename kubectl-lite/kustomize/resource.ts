import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import { matchesLabels } from '../../api/selector/label.ts';
import type { ManifestDocument } from '../manifest/documents.ts';
import { isClusterScoped, kindOf, type KindOf, kindText, sameKind } from './kinds.ts';
import type { Selector } from './selector.ts';

export type Open = Mutable<KubernetesObject> & { spec?: Record<string, unknown> };

export interface Id extends KindOf {
  readonly name: string;
  /** As it is to be compared: "default" for none, and none for what belongs to no namespace. */
  readonly namespace: string;
}

/** What an object was called at some time. Its group and version are those of today. */
type Formerly = Pick<Id, 'kind' | 'name' | 'namespace'>;

/** From a file (`path`), or of a generator, or changed by a transformer. */
export interface Origin {
  readonly path?: string;
  readonly configuredIn?: string;
  readonly configuredBy?: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

/** One object on its way, which remembers what it was called before. */
export interface Resource {
  object: Open;
  readonly at: Omit<ManifestDocument, 'object'>;
  /** Oldest first. */
  readonly formerly: Formerly[];
  /** What was put before and after its name, innermost first. */
  readonly prefixes: string[];
  readonly suffixes: string[];
  /** Variables whose values it has. */
  readonly variables: string[];
  /** Its name ends in a hash of its content when all is done. */
  hashed: boolean;
  origin?: Origin;
  readonly transformations: Origin[];
}

export function resourceOf(object: Open, at: Resource['at'], hashed = false): Resource {
  return {
    object,
    at,
    hashed,
    formerly: [],
    prefixes: [],
    suffixes: [],
    variables: [],
    transformations: [],
  };
}

/** "Deployment.v1.apps/web.shop": as kustomize names an object. */
export function idOf(object: Open): string {
  const { name, namespace } = object.metadata;
  return `${kindText(kindOf(object))}/${name || '[noName]'}.${namespace || '[noNs]'}`;
}

/** The namespace to compare by. */
export const placeOf = (kind: KindOf, namespace: string | undefined): string =>
  isClusterScoped(kind) ? '' : namespace || 'default';

export function currentId({ object }: Pick<Resource, 'object'>): Id {
  const kind = kindOf(object);
  const { name = '', namespace } = object.metadata;
  return { ...kind, name, namespace: placeOf(kind, namespace) };
}

export function formerIds({ object, formerly }: Resource): readonly Id[] {
  const kind = kindOf(object);
  return formerly.map((former) => ({ ...kind, ...former }));
}

export const originalId = (resource: Resource): Id => formerIds(resource)[0] ?? currentId(resource);

/** Under all that it is or was called. */
export const allIds = (resource: Resource): readonly Id[] => [
  ...formerIds(resource),
  currentId(resource),
];

/** To be called before it gets another kind, name or namespace. */
export function remember(resource: Resource): void {
  const { kind, name, namespace } = currentId(resource);
  resource.formerly.push({ kind, name, namespace });
}

export const sameId = (a: Id, b: Id): boolean =>
  sameKind(a, b) && a.name === b.name && a.namespace === b.namespace;

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

/** Whether a pattern fits a text, or a text is it. */
export type Fits = (pattern: string, text: string) => boolean;

/** Patterns are regular expressions over the whole text. */
export const fitsPattern: Fits = (pattern, text) => whole(pattern).test(text);

/** True if a target of patches means the resource, as it is or was at first. */
export function isSelected(resource: Resource, selector: Selector): boolean {
  const ids = [originalId(resource), currentId(resource)];
  const fits = (pattern: string | undefined, ...texts: string[]): boolean =>
    !pattern || texts.some((text) => fitsPattern(pattern, text));
  const { group, version, kind } = kindOf(resource.object);
  return (
    fits(selector.group, group) &&
    fits(selector.version, version) &&
    fits(selector.kind, kind) &&
    fits(selector.name, ...ids.map(({ name }) => name)) &&
    fits(selector.namespace, ...ids.map(({ namespace }) => namespace)) &&
    hasMetadata(resource, selector)
  );
}

/** True if a replacement means the resource, under all that it is or was called. */
export function isSelectedByAnyId(resource: Resource, selector: Selector, fits: Fits): boolean {
  const parts = ['group', 'version', 'kind', 'name', 'namespace'] as const;
  return (
    allIds(resource).some((id) =>
      parts.every((part) => !selector[part] || fits(selector[part], id[part])),
    ) && hasMetadata(resource, selector)
  );
}

function hasMetadata({ object }: Resource, selector: Selector): boolean {
  const { labels, annotations } = object.metadata;
  return (
    matches(selector.labelSelector, labels) && matches(selector.annotationSelector, annotations)
  );
}

const matches = (
  selector: string | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean => !selector || matchesLabels(parseLabelSelector(selector), labels);
