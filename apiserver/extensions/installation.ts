import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts';
import type { Random } from '../../platform/random.ts';
import type { Registry } from '../registry/registry.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import type { ObjectStorage } from '../storage/object-storage.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { CustomResourceCodec } from './custom-codec.ts';
import { customKind, storagePrefixOf, structureOf, typeOfVersion } from './custom-kind.ts';
import { type ConversionWebhooks, converterOf } from './conversion.ts';
import type { ServedVersion } from './served-version.ts';
import { VersionStorage } from './version-storage.ts';
import { keepingUnknown, VersionSchema } from './version-schema.ts';

/** What converting between versions takes. */
export interface Conversion {
  readonly webhooks: ConversionWebhooks | undefined;
  readonly random: Random;
}

/** One definition in service: its objects in the cache, its versions in the registry. */
export class Installation {
  readonly storagePrefix: string;
  readonly #registry: Registry;
  readonly #storage: Storage;
  /** The definition as it is now: schemas are read from it when they are needed. */
  readonly #definition: () => CustomResourceDefinition | undefined;
  readonly #conversion: Conversion;
  #signature = '';
  #codec: CustomResourceCodec | undefined;
  #objects: ResourceStorage | undefined;
  #versions: readonly ServedVersion[] = [];
  #stored: ResourceStore | undefined;

  constructor(options: {
    readonly registry: Registry;
    readonly storage: Storage;
    readonly crd: CustomResourceDefinition;
    readonly definition: () => CustomResourceDefinition | undefined;
    readonly conversion: Conversion;
  }) {
    this.#conversion = options.conversion;
    this.#registry = options.registry;
    this.#storage = options.storage;
    this.#definition = options.definition;
    this.storagePrefix = storagePrefixOf(options.crd);
  }

  get versions(): readonly ServedVersion[] {
    return this.#versions;
  }

  /** The objects as they are stored, served or not: what deletes them needs no conversion. */
  get stored(): ResourceStore | undefined {
    return this.#stored;
  }

  get objects(): ResourceStorage | undefined {
    return this.#objects;
  }

  /** Brings what is served in line with the definition; true if that changed anything. */
  async install(crd: CustomResourceDefinition): Promise<boolean> {
    const signature = signatureOf(crd);
    if (signature === this.#signature) return false;
    const schemas = new Map(
      crd.spec.versions.map(({ name }) => [name, this.#schemaOf(name)] as const),
    );
    const stored = crd.spec.versions.find(({ storage }) => storage)!;
    const type = typeOfVersion(crd, stored.name);
    if (this.#codec === undefined) {
      const codec = new CustomResourceCodec(type, schemas, this.#storage.kept);
      const resource = { type, storagePrefix: this.storagePrefix };
      this.#objects = await this.#storage.follow(resource, codec);
      this.#codec = codec;
    } else {
      this.#codec.change(type, schemas);
      this.#storage.endWatchers(this.storagePrefix);
    }
    this.#serve(crd, { schemas, signature });
    this.#signature = signature;
    return true;
  }

  remove(): void {
    for (const { declaration } of this.#versions) this.#registry.withdraw(declaration.type);
    this.#versions = [];
    if (this.#codec !== undefined) this.#storage.forget(this.storagePrefix);
    this.#codec = undefined;
  }

  #serve(
    crd: CustomResourceDefinition,
    of: { readonly schemas: ReadonlyMap<string, VersionSchema>; readonly signature: string },
  ): void {
    for (const { declaration } of this.#versions) this.#registry.withdraw(declaration.type);
    const alone = crd.spec.versions.flatMap((version): ServedVersion[] => {
      // Nothing is added to what the server has by itself.
      if (!version.served || this.#registry.isBuiltIn(typeOfVersion(crd, version.name))) return [];
      const schema = of.schemas.get(version.name)!;
      const declaration = customKind(crd, version, schema);
      return [{ declaration, schema, identity: of.signature }];
    });
    const served = this.#related(crd, { alone, schemas: of.schemas });
    const storageOf = this.#storages(crd);
    for (const version of served) this.#registry.serve(version.declaration, storageOf(version));
    this.#versions = served;
    const stored = crd.spec.versions.find(({ storage }) => storage)!;
    const own = customKind(crd, stored, of.schemas.get(stored.name)!);
    this.#stored = this.#registry.open(own, this.#objects!);
  }

  /** Versions that know of each other: admission, and owners of fields, may speak another. */
  #related(
    crd: CustomResourceDefinition,
    of: {
      readonly alone: readonly ServedVersion[];
      readonly schemas: ReadonlyMap<string, VersionSchema>;
    },
  ): readonly ServedVersion[] {
    const { alone, schemas } = of;
    if (crd.spec.versions.length < 2) return alone;
    const types = alone.map(({ declaration }) => declaration.type);
    const converter = converterOf(crd, this.#conversion);
    const convert = async (object: KubernetesObject, apiVersion: string) =>
      (await converter.convert([object], apiVersion))[0]!;
    const structures = new Map(
      [...schemas].map(([name, schema]) => {
        const type = typeOfVersion(crd, name);
        return [apiVersionOf(type), structureOf(type, schema)] as const;
      }),
    );
    const structureOfVersion = (apiVersion: string) => structures.get(apiVersion);
    const siblings = { types, convert, structureOf: structureOfVersion };
    return alone.map((one) => ({ ...one, declaration: { ...one.declaration, siblings } }));
  }

  /** Objects as they are where all are of one version; else each version's view of them. */
  #storages(crd: CustomResourceDefinition): (version: ServedVersion) => ObjectStorage {
    const base = this.#objects!;
    const { versions } = crd.spec;
    if (versions.length === 1 && !base.hasForeign()) return () => base;
    const storageType = typeOfVersion(crd, versions.find(({ storage }) => storage)!.name);
    const converter = converterOf(crd, this.#conversion);
    const converted = {
      prepare: (object: Mutable<KubernetesObject>) => this.#codec?.prepare(object),
      settle: (object: object) => void this.#codec?.settle(object as Record<string, unknown>),
    };
    return ({ declaration: { type }, schema }) =>
      new VersionStorage({ base, type, storageType, schema, converter, converted });
  }

  #schemaOf(name: string): VersionSchema {
    return new VersionSchema(() => {
      const spec = this.#definition()?.spec;
      const version = spec?.versions.find((one) => one.name === name);
      const schema = version?.schema?.openAPIV3Schema as
        Readonly<Record<string, unknown>> | undefined;
      return schema && spec?.preserveUnknownFields === true ? keepingUnknown(schema) : schema;
    });
  }
}

/** Different for definitions that are not served the same way. */
function signatureOf({ metadata, status }: CustomResourceDefinition): string {
  const { uid, generation, deletionTimestamp } = metadata;
  const terminating = deletionTimestamp !== undefined;
  return JSON.stringify([uid, generation, terminating, status?.acceptedNames]);
}
