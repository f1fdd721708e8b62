import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { deepCopy, isObject } from '../../api/deep.ts';
import { apiVersionOf, type ResourceType } from '../../api/resource.ts';
import { mergeTypeOf, type StructMergeType } from '../../api/fieldmanager/merge-type.ts';
import { definitionOf } from '../../api/schema/table.ts';
import { decodeObject, type FieldValidation } from '../../api/schema/decode.ts';
import type { Versions } from '../admission/lookups.ts';
import type { ResourceDeclaration, Siblings } from './declaration.ts';

const keyOf = (type: Pick<ResourceType, 'group' | 'version' | 'resource'>): string =>
  `${type.group}/${type.version}/${type.resource}`;

const IGNORE = { mode: 'Ignore' } as const;

/** Which declarations are faces of the same objects. */
export class DeclaredVersions implements Versions {
  readonly #declarations = new Map<string, ResourceDeclaration>();
  readonly #byKind = new Map<string, ResourceDeclaration>();
  /** By the stored one; most resources have but one version. */
  readonly #families = new Map<ResourceDeclaration, ResourceDeclaration[]>();

  constructor(declarations: readonly ResourceDeclaration[]) {
    for (const declaration of declarations) this.add(declaration);
  }

  add(declaration: ResourceDeclaration): void {
    const { type, view } = declaration;
    this.#declarations.set(keyOf(type), declaration);
    this.#byKind.set(`${apiVersionOf(type)}/${type.kind}`, declaration);
    if (view === undefined) return;
    const family = this.#families.get(view.of) ?? [view.of];
    this.#families.set(view.of, [...family, declaration]);
  }

  remove(type: Pick<ResourceType, 'group' | 'version' | 'resource'>): void {
    const declaration = this.#declarations.get(keyOf(type));
    if (declaration === undefined) return;
    this.#declarations.delete(keyOf(type));
    this.#byKind.delete(`${apiVersionOf(type)}/${declaration.type.kind}`);
    this.#families.delete(declaration);
  }

  othersOf(type: ResourceType): readonly ResourceType[] {
    const key = keyOf(type);
    const declaration = this.#declarations.get(key);
    if (declaration?.siblings !== undefined)
      return declaration.siblings.types.filter((each) => keyOf(each) !== key);
    const family = declaration && this.#families.get(declaration.view?.of ?? declaration);
    return (family ?? []).map((each) => each.type).filter((each) => keyOf(each) !== key);
  }

  convert(object: KubernetesObject, from: ResourceType, to: ResourceType) {
    const declaration = this.#declarations.get(keyOf(from));
    if (declaration?.siblings !== undefined)
      return this.#convertCustom(object, declaration.siblings, to);
    const source = declaration?.view;
    const stored =
      source === undefined ? object : { ...source.toStored(object), ...kindOf(source.of.type) };
    const target = this.#declarations.get(keyOf(to))?.view;
    const shown = target === undefined ? stored : target.fromStored(stored);
    return { ...shown, ...kindOf(to) } as Mutable<KubernetesObject>;
  }

  /** To a version of which there are merge types, as owners of fields know the object. */
  convertTo(object: KubernetesObject, apiVersion: string, { siblings, type }: ResourceDeclaration) {
    if (siblings !== undefined)
      return siblings
        .convert(object, apiVersion)
        .then((converted) => siblings.structureOf(apiVersion)!.decode(converted, IGNORE).object);
    const [from, to] = [object.apiVersion ?? '', apiVersion].map(
      (version) => this.declarationOf(version, type.kind)?.type ?? type,
    );
    return this.convert(object, from!, to!);
  }

  /** What a conversion answers is pruned and gets its defaults, like any other input. */
  async #convertCustom(object: KubernetesObject, siblings: Siblings, to: ResourceType) {
    const converted = await siblings.convert(object, apiVersionOf(to));
    return this.decode(to, deepCopy(converted));
  }

  decode(
    kind: { readonly group: string; readonly version: string; readonly kind: string },
    value: unknown,
    mode: FieldValidation = 'Ignore',
  ): Mutable<KubernetesObject> {
    const declaration = this.#byKind.get(`${apiVersionOf(kind)}/${kind.kind}`);
    const { object } =
      declaration?.structure?.decode(value, IGNORE) ?? decodeObject(kind, value, { mode });
    if (!isObject(object['metadata'])) object['metadata'] = {};
    const decoded = object as unknown as Mutable<KubernetesObject>;
    Object.assign(decoded, kindOf(kind));
    declaration?.applyDefaults?.(decoded);
    return decoded;
  }

  mergeTypeOf(kind: {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }): StructMergeType | undefined {
    const declaration = this.#byKind.get(`${apiVersionOf(kind)}/${kind.kind}`);
    if (declaration?.structure !== undefined) return declaration.structure.mergeTypes.whole;
    const definition = definitionOf(kind);
    return definition && mergeTypeOf(definition);
  }

  declarationOf(apiVersion: string, kind: string): ResourceDeclaration | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  ofKind(apiVersion: string, kind: string): ResourceType | undefined {
    return this.declarationOf(apiVersion, kind)?.type;
  }
}

function kindOf(type: { readonly group: string; readonly version: string; readonly kind: string }) {
  return { apiVersion: apiVersionOf(type), kind: type.kind };
}
