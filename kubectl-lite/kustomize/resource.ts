import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import { matchesLabels } from '../../api/selector/label.ts';
import type { ManifestDocument } from '../manifest/documents.ts';
import type { Selector } from './selector.ts';

export type Open = Mutable<KubernetesObject> & { spec?: Record<string, unknown> };

export interface Name {
  readonly name: string;
  readonly namespace: string;
}

/** One object on its way, which remembers what it was called before. */
export interface Resource {
  object: Open;
  readonly at: Omit<ManifestDocument, 'object'>;
  /** Oldest first; the present one is not among them. */
  readonly formerly: Name[];
  /** Its name ends in a hash of its content when all is done. */
  hashed: boolean;
}

export const nameOf = ({ metadata }: Open): Name => ({
  name: metadata.name ?? '',
  namespace: metadata.namespace ?? '',
});

export const groupVersion = ({ apiVersion }: Open): { group: string; version: string } => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version };
};

/** "Deployment.v1.apps/web.shop": as kustomize names an object. */
export function idOf(object: Open): string {
  const { group, version } = groupVersion(object);
  const { name, namespace } = nameOf(object);
  const kind = [object.kind, version, group || '[noGrp]'].join('.');
  return `${kind}/${name}.${namespace || '[noNs]'}`;
}

export const sameNamespace = (a: string, b: string): boolean =>
  (a || 'default') === (b || 'default');

/** All names that it has or had. */
export const namesOf = (resource: Resource): readonly Name[] => [
  ...resource.formerly,
  nameOf(resource.object),
];

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

export interface SelectOptions {
  /** Patterns are regular expressions over the whole text; else texts. */
  readonly patterns: boolean;
}

/** True if a target of patches or replacements means the resource, by any name it had. */
export function isSelected(
  resource: Resource,
  selector: Selector,
  { patterns }: SelectOptions = { patterns: true },
): boolean {
  const { group, version } = groupVersion(resource.object);
  const fits = (pattern: string | undefined, value: string): boolean =>
    pattern === undefined ||
    pattern === '' ||
    (patterns ? whole(pattern).test(value) : pattern === value);
  const { labels, annotations } = resource.object.metadata;
  return (
    fits(selector.group, group) &&
    fits(selector.version, version) &&
    fits(selector.kind, resource.object.kind) &&
    namesOf(resource).some(
      ({ name, namespace }) =>
        fits(selector.name, name) && fits(selector.namespace, namespace || 'default'),
    ) &&
    matches(selector.labelSelector, labels) &&
    matches(selector.annotationSelector, annotations)
  );
}

const matches = (
  selector: string | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean => !selector || matchesLabels(parseLabelSelector(selector), labels);
