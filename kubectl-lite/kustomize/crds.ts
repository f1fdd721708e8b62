/** `crds`: what the OpenAPI definitions of one's own kinds say about labels, names and the rest. */
import { isObject } from '../../api/deep.ts';
import type { TransformerConfig } from './config.ts';
import type { FieldSpec } from './field-specs.ts';

interface Property {
  readonly $ref?: string;
  readonly 'x-kubernetes-annotation'?: string;
  readonly 'x-kubernetes-label-selector'?: string;
  readonly 'x-kubernetes-identity'?: string;
  readonly 'x-kubernetes-object-ref-api-version'?: string;
  readonly 'x-kubernetes-object-ref-kind'?: string;
  readonly 'x-kubernetes-object-ref-name-key'?: string;
}

type Properties = Readonly<Record<string, Property>>;

type Found = { -readonly [list in keyof TransformerConfig]: TransformerConfig[list][number][] };

/** `definitions`: types by name, each with its `Schema`. */
export function configOfDefinitions(
  definitions: Readonly<Record<string, unknown>>,
): Partial<TransformerConfig> {
  const found: Partial<Found> = {};
  for (const name of Object.keys(definitions)) {
    const properties = propertiesOf(definitions, name);
    const isKind = ['kind', 'apiVersion', 'metadata'].every((field) => field in properties);
    if (!isKind) continue;
    const kind = name.split('.').at(-1)!;
    collect(found, { definitions, kind, name, path: [] });
  }
  return found;
}

function propertiesOf(definitions: Readonly<Record<string, unknown>>, name: string): Properties {
  const definition = definitions[name] as { Schema?: unknown; schema?: unknown } | undefined;
  const schema = definition?.Schema ?? definition?.schema;
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? (properties as Properties) : {};
}

interface Place {
  readonly definitions: Readonly<Record<string, unknown>>;
  readonly kind: string;
  readonly name: string;
  readonly path: readonly string[];
}

/** Deeper than any kind is; a definition may refer to itself. */
const DEEPEST = 32;

function collect(found: Partial<Found>, place: Place): void {
  const { kind, path } = place;
  if (path.length > DEEPEST) return;
  for (const [field, property] of Object.entries(propertiesOf(place.definitions, place.name))) {
    const here = [...path, field];
    const spec = (...more: string[]): FieldSpec => ({ kind, path: [...here, ...more].join('/') });
    const add = (list: 'commonAnnotations' | 'commonLabels' | 'namePrefix'): void => {
      (found[list] ??= []).push(spec());
    };
    if (property['x-kubernetes-annotation'] !== undefined) add('commonAnnotations');
    if (property['x-kubernetes-label-selector'] !== undefined) add('commonLabels');
    if (property['x-kubernetes-identity'] !== undefined) add('namePrefix');
    const version = property['x-kubernetes-object-ref-api-version'];
    const refKind = property['x-kubernetes-object-ref-kind'];
    if (version !== undefined && refKind !== undefined) {
      const key = property['x-kubernetes-object-ref-name-key'] ?? 'name';
      (found.nameReference ??= []).push({ kind: refKind, version, fieldSpecs: [spec(key)] });
    }
    if (property.$ref !== undefined) collect(found, { ...place, name: property.$ref, path: here });
  }
}
