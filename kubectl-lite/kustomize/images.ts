import { isObject } from '../../api/deep.ts';
import { UsageError } from '../usage-error.ts';
import { editFields, type FieldSpec } from './field-specs.ts';
import { isOfKind, kindText } from './kinds.ts';
import type { ImageChange } from './kustomization.ts';
import { setAt, type Spot, valueAt } from './spot.ts';
import { allIds, type Resource } from './resource.ts';

/** Images of containers, wherever these stand in objects, and those at the places given. */
export function setImages(
  all: readonly Resource[],
  change: ImageChange,
  fieldSpecs: readonly FieldSpec[],
): void {
  for (const { object } of all) {
    if (object.kind === 'CustomResourceDefinition') continue;
    setInContainers(object, change);
    const set = (spot: Spot): void => {
      if (typeof valueAt(spot) === 'object') throw new UsageError('expected ScalarNode');
      setImage(spot, change);
    };
    for (const spec of fieldSpecs) editFields(object, spec, { set });
  }
}

function setInContainers(value: unknown, change: ImageChange): void {
  if (Array.isArray(value)) for (const item of value as unknown[]) setInContainers(item, change);
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    setInContainers(inner, change);
    const holdsContainers = key === 'containers' || key === 'initContainers';
    if (!holdsContainers || !Array.isArray(inner)) continue;
    for (const container of inner as unknown[]) {
      if (isObject(container)) setImage({ holder: container, key: 'image' }, change);
    }
  }
}

function setImage(spot: Spot, change: ImageChange): void {
  const image = valueAt(spot);
  if (typeof image !== 'string') return;
  if (!isNamed(image, change.name)) return;
  const [, name, tag = '', digest = ''] = /^(.*?)(:[^:/@]+)?(@.+)?$/.exec(image) ?? [];
  const { newName, newTag, tagSuffix, digest: newDigest } = change;
  let version = tag + digest;
  if (newDigest) version = `${newTag ? `:${newTag}` : ''}@${newDigest}`;
  else if (newTag) version = `:${newTag}`;
  else if (tagSuffix) version = `:${tag.slice(1)}${tagSuffix}`;
  setAt(spot, `${newName || name}${version}`);
}

/** The name is a pattern. */
function isNamed(image: string, name: string): boolean {
  const version = '[a-zA-Z0-9_.{}-]*';
  try {
    return new RegExp(`^${name}(:${version})?(@sha256:${version})?$`).test(image);
  } catch {
    throw new UsageError(`the name of an image is no regular expression: ${name}`);
  }
}

export function setReplicas(
  all: readonly Resource[],
  { name, count }: { readonly name: string; readonly count: number },
  fieldSpecs: readonly FieldSpec[],
): void {
  let found = false;
  for (const spec of fieldSpecs) {
    for (const resource of all) {
      if (!allIds(resource).some((id) => id.name === name && isOfKind(id, spec))) continue;
      found = true;
      editFields(resource.object, spec, { missing: () => 0, set: (spot) => setAt(spot, count) });
    }
  }
  if (found) return;
  throw new UsageError(
    `resource with name ${name} does not match a config with the following GVK ` +
      `[${fieldSpecs.map(kindText).join(' ')}]`,
  );
}
