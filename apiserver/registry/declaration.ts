/**
 * A kind as data. Shared code (handlers, the generic registry, discovery, OpenAPI, Table) reads
 * these answers and never asks which kind it holds: a new kind is a new declaration.
 *
 * Structure (field names, types, list and merge keys) comes from the schema tables by
 * `type.kind`; a declaration adds only what the tables cannot say.
 */
import type { FieldSet } from '../../api/fieldmanager/field-set.ts';
import type { MergeTypes } from '../../api/fieldmanager/versions.ts';
import type { FieldError } from '../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import type { DecodedObject, DecodeOptions } from '../../api/schema/decode.ts';
import type { StatusError } from '../../api/status.ts';
import type { AccessControl, Subject } from './access-control.ts';
import type { ClaimRanges, Reservation } from './claims.ts';
import type { Component } from './components.ts';
import type { NodeStats } from './node-stats.ts';
import type { ConnectSubresource } from './connect-subresource.ts';
import type { OtherResources } from './other-resources.ts';
import type { Warn } from './warn.ts';

/** meta.k8s.io/v1 TableColumnDefinition. Priority > 0 shows only with `-o wide`. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

export interface TablePrinter<T> {
  readonly columns: readonly TableColumn[];
  /** One cell per column. `nowMs` is for ages. */
  cells(object: T, nowMs: number): readonly (string | number | bigint | boolean | null)[];
}

/** What a write may depend on besides the objects: fixed before the proposal, not below the log. */
export interface WriteContext {
  readonly nowMs: number;
  /** A lower-case random suffix, as generateName appends it. */
  randomSuffix(length: number): string;
}

/** What a deletion was permitted on. */
export interface Permit {
  /**
   * Refuses when the object is no longer the one that was judged. Absent: then it is judged anew.
   */
  readonly outdated?: StatusError;
  /** True if any later version may be deleted too. */
  readonly anyVersion: boolean;
}

/**
 * A subresource that reads or writes a part of its parent (status, scale, binding, finalize,
 * approval, …). Verbs as in discovery.
 */
export interface Subresource<T extends KubernetesObject> {
  readonly name: string;
  readonly verbs: readonly ('get' | 'update' | 'patch' | 'create')[];
  /** The kind exchanged, where it is not the parent's: autoscaling/v1 Scale, policy/v1 Eviction. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Older versions of `kind` that clients may send as well: their fields are the same. */
  readonly olderVersions?: readonly string[];
  /** The view served by GET. Absent: the parent itself. */
  read?(parent: T): KubernetesObject;
  /** The view as a Table. */
  readonly printer?: TablePrinter<KubernetesObject>;
  /**
   * The parent as it is to be stored, given what the client sent (a full view for update and
   * patch, the posted object for create). Throws StatusError to refuse. Field errors of the
   * result are checked afterwards by `validateUpdate`: this one if there is one, else the kind's
   * (a binding names a node, which no update of the pod may). The result may share with `parent`.
   */
  write(sent: KubernetesObject, parent: T, context: WriteContext): Mutable<T>;
  /** Set if what is sent means the same without the fields that are no part of `owns`. */
  readonly standsAlone?: boolean;
  /** Set if `metadata.generation` does not count what is written through it. */
  readonly keepsGeneration?: boolean;
  /** Field errors of a change made through this subresource, in place of the kind's checks. */
  validateUpdate?(object: T, old: T, warn?: Warn): readonly FieldError[];
  /** What the client is told of what it wrote, though it is taken. */
  warnings?(object: T): readonly string[];
  /** What a successful `create` answers: the parent, a Status (Success), or the sent object. */
  readonly answer?: 'parent' | 'status' | 'sent';
  /** Top-level fields besides metadata that who applies through it may own. Default: all. */
  readonly owns?: readonly string[];
  /** With `owns`: what of the metadata stays as it is, and so is nobody's by writing it here. */
  readonly keeps?: FieldSet;
  /** A configuration of the view (`kind`) as one of the parent. Absent: it cannot be applied. */
  parentConfiguration?(configuration: Readonly<Record<string, unknown>>): object;
  /**
   * Set if a `create` writes nothing: what is asked is answered from the parent. The answer is
   * what the client receives.
   */
  answers?(
    sent: KubernetesObject,
    parent: T,
    request: AnswerRequest,
  ): KubernetesObject | Promise<KubernetesObject>;
  /** Set for eviction: the parent is deleted gracefully instead of being written. */
  readonly deletesParent?: boolean;
  /** With `deletesParent`: whether it may be. Rejects with StatusError to refuse. */
  permit?(parent: T, others: OtherResources, request: PermitRequest): Promise<Permit>;
}

export interface AnswerRequest {
  readonly control: AccessControl;
  readonly nowMs: number;
  /** Tells the client something besides the answer. */
  warn(text: string): void;
  /** Tells the audit log something besides the answer. */
  annotate(key: string, value: string): void;
}

export interface PermitRequest {
  readonly nowMs: number;
  /** Nothing else may be changed either. */
  readonly dryRun: boolean;
}

/**
 * A second face of objects that are stored as another declaration says: autoscaling/v1 beside v2.
 * Only that one's defaults (after this one's), checks and strategy count. Both ways must be
 * lossless, and share nothing that is changed later.
 */
export interface View<T extends KubernetesObject, Stored extends KubernetesObject> {
  readonly of: ResourceDeclaration<Stored>;
  fromStored: ViewConversion<Stored, T>;
  toStored: ViewConversion<T, Stored>;
  /** Field errors of what is created through this face, where they are more than the other's. */
  readonly validateNew?: ViewValidation<T>;
  /** Field errors of what is changed through this face, in place of the other's. */
  readonly validateUpdate?: ViewChange<Stored>;
}

/** Objects made up when somebody asks, from what is stored of other kinds. */
export interface Computed<T extends KubernetesObject> {
  objects: ComputedObjects<T>;
}

export interface ComputedRequest {
  /** "" for all. */
  readonly namespace: string;
  /** Set if only the object of this name is asked for. */
  readonly name?: string;
  readonly nowMs: number;
  readonly components: readonly Component[];
  readonly stats: NodeStats;
}

/** Bivariant, like {@link SelectableField}. */
type ComputedObjects<T> = {
  of(request: ComputedRequest, others: OtherResources): Promise<readonly T[]>;
}['of'];

/** A posted object that is a question: nothing is stored, the answer is the object with status. */
export interface Review<T extends KubernetesObject> {
  answer: ReviewAnswer<T>;
  /** Before those who judge requests are asked. Throws StatusError to refuse. */
  check?: ReviewCheck<T>;
}

type ReviewCheck<T> = { of(question: T): void }['of'];

export interface ReviewRequest {
  readonly asker: Subject;
  /** "" for a cluster-scoped review. */
  readonly namespace: string;
  readonly nowMs: number;
}

/** Bivariant, like {@link SelectableField}. Rejects with StatusError to refuse. */
type ReviewAnswer<T> = {
  of(question: T, request: ReviewRequest, control: AccessControl): T | Promise<T>;
}['of'];

/** Bivariant, like {@link SelectableField}. */
type ViewConversion<From, To> = { of(object: From): Mutable<To> }['of'];

/** Bivariant, like {@link SelectableField}. */
type ViewValidation<T> = { of(object: T): readonly FieldError[] }['of'];

/** Bivariant, like {@link SelectableField}. */
type ViewChange<T> = { of(object: T, old: T): readonly FieldError[] }['of'];

/** A method's type, so that a declaration of Pods is a declaration of objects (bivariance). */
export type SelectableField<T> = { of(object: T): string }['of'];

export interface Change<T> {
  readonly object: Mutable<T>;
  readonly old: T | undefined;
}

/** Who writes, and whom to ask what they may. */
export interface WriteAccess {
  readonly user: Subject;
  readonly namespace: string;
  readonly control: AccessControl;
  readonly others: OtherResources;
}

/** How objects are read and merged whose kind no schema table knows: custom resources. */
export interface Structure {
  /** A fresh object of the kind, pruned. Throws StatusError as `api/schema/decode.ts` does. */
  decode(value: unknown, options: DecodeOptions): DecodedObject;
  readonly mergeTypes: MergeTypes;
}

/** The versions of one custom resource, this one included. */
export interface Siblings {
  readonly types: readonly ResourceType[];
  /** Of a version that is defined, though not served perhaps. */
  structureOf(apiVersion: string): Structure | undefined;
  /** Rejects with StatusError. */
  convert(object: KubernetesObject, apiVersion: string): Promise<KubernetesObject>;
}

export interface ResourceDeclaration<T extends KubernetesObject = KubernetesObject> {
  readonly type: ResourceType<T>;
  /** Default: the schema tables say it. */
  readonly structure?: Structure;
  /** Warned of with every request: the version is deprecated. */
  readonly deprecation?: string;
  /** Loads what the rest needs for a write; called before each. Absent: nothing to load. */
  load?(): Promise<void>;
  readonly singular: string;
  /** Default: the kind's name and "List". */
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Default: all eight verbs. */
  readonly verbs?: readonly string[];
  /** Why nothing new of the kind is taken (403); discovery tells only what reads and deletes. */
  readonly takesNothingNew?: string;

  /** Set if nothing is stored; `verbs` is then only `create`. */
  readonly review?: Review<T>;
  /** Set if nothing is stored; `verbs` are then only `get` and `list`. */
  readonly computed?: Computed<T>;
  /**
   * Set if nothing is stored; `verbs` is then only `create`. What is posted is meant for a
   * subresource of the object of its name.
   */
  readonly actsOn?: { readonly type: ResourceType; readonly subresource: string };
  /** Set if the objects are stored as those of another declaration, which is served too. */
  readonly view?: View<T, KubernetesObject>;
  /** The kind that is written to the store. Default: that of `view`, else `type`. */
  readonly storedAs?: Pick<ResourceType, 'group' | 'version' | 'kind'>;
  /** Set if the objects are served in several versions, of which none is a view of another. */
  readonly siblings?: Siblings;
  /** Objects are so large that their decoded form is not kept. */
  readonly large?: boolean;
  /** Below /registry/: "pods", "minions", "services/specs". Default: the plural. */
  readonly storagePrefix?: string;
  /** Seconds after which objects vanish (events: 3600). Default: never. */
  readonly ttlSeconds?: number;

  /** Finalizers need no domain. */
  readonly anyFinalizer?: boolean;
  /** How names are checked on create. Default: DNS-1123 subdomain. */
  readonly nameRule?: 'subdomain' | 'label' | 'label1035' | 'pathSegment';
  /**
   * Fills absent fields as Kubernetes does, on create and update: before admission, prepareFor*
   * and validation. Writes nothing to an object that has its defaults, which may be shared.
   */
  applyDefaults?(object: Mutable<T>): void;
  /**
   * Drops what a client may not set on create (beyond status, which the generic store drops), or
   * refuses it by throwing StatusError.
   */
  prepareForCreate?(object: Mutable<T>, context: WriteContext): void;
  /** Carries over what a client may not change on update (beyond status and metadata). */
  prepareForUpdate?(object: Mutable<T>, old: T, context: WriteContext): void;
  /**
   * Field errors of a whole object, metadata aside, which the generic store checks. `old` is what
   * it replaces, absent on create: an object may keep what only newer rules refuse, warned.
   */
  validate?(object: T, old?: T, warn?: Warn): readonly FieldError[];
  /** Field errors of a change, in addition to `validate`. */
  validateUpdate?(object: T, old: T, warn?: Warn): readonly FieldError[];
  /** What the client is told of an object, or a change of it, that is taken all the same. */
  warnings?(object: T, old?: T): readonly string[];

  /**
   * Rejects with StatusError what the right to write the kind does not include: a role that grants
   * more than its author has. After mutating admission, before validation.
   */
  permitWrite?(change: Change<T>, access: WriteAccess): Promise<void>;

  /** True if the object has a status that only the status subresource writes. */
  readonly hasStatus?: boolean;
  /** With `hasStatus`: create keeps the status sent (a kubelet registers its Node with one). */
  readonly keepsStatusOnCreate?: boolean;
  /** The spec is the server's from its creation on: nobody owns its fields. */
  readonly ownerlessSpec?: boolean;
  /** True if `metadata.generation` counts changes: of all but the metadata and a `status`. */
  readonly hasGeneration?: boolean;

  /**
   * Claims what the object needs beyond its name and fills it in. Called on create and on update
   * (not through a subresource) of a kind that has it, between the preparations and `validate`, as
   * in Kubernetes: what cannot be had hides what is wrong besides. `old` is undefined on create.
   * When the write is retried on a conflict, the reservation is rolled back and made anew. Rejects
   * with StatusError to refuse, having taken nothing.
   */
  reserve?(change: Change<T>, ranges: ClaimRanges): Promise<Reservation>;
  /** Gives back the object's claims after it is gone from the store (not on dry run). */
  release?(object: T, ranges: ClaimRanges): Promise<void>;

  /** PUT to a missing name creates it. Default false. */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion overwrites. Default true. */
  readonly allowUnconditionalUpdate?: boolean;

  /** Grace in seconds of a delete; absent: deleted at once. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number;
  /** Changes made when a deletion begins and the object lives on (namespaces: Terminating). */
  markDeleting?(object: Mutable<T>, nowMs: number): void;
  /**
   * True while something besides metadata.finalizers keeps a deleted object (a namespace's
   * spec.finalizers). The update after which nothing keeps it removes the object.
   */
  keepsDeleted?(object: T): boolean;
  /** What to do with dependents when the client does not say. Default Background. */
  readonly defaultPropagation?: 'Background' | 'Orphan';
  /** Told to who deletes without saying what becomes of dependents. */
  readonly deletionWarning?: string;
  /** DELETE answers the object instead of a Status. */
  readonly returnsDeletedObject?: boolean;
  /** Names that may not be deleted (403). */
  readonly undeletable?: readonly string[];

  /** Field selectors beyond metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, SelectableField<T>>>;
  /** Default: Name and Age. */
  readonly printer?: TablePrinter<T>;
  readonly subresources?: readonly Subresource<T>[];
  readonly connects?: readonly ConnectSubresource<T>[];
}
