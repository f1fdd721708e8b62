import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { invalidError } from '../../api/field-errors.ts';
import { statusError } from '../../api/status.ts';
import { ResourceCodec } from '../storage/resource-codec.ts';
import { StoredObject } from '../storage/stored-object.ts';
import { bindKind, bindNamespace } from './create.ts';
import type { Review } from './declaration.ts';
import type { AccessControl } from './access-control.ts';
import { attributesOf, type Caller, type ResourceContext } from './resource-context.ts';
import { ResourceStore } from './resource-store.ts';

interface Answering {
  readonly review: Review<KubernetesObject>;
  readonly control: AccessControl | undefined;
}

/** A resource that only answers: who may do what, whom a token proves. */
export class ReviewStore extends ResourceStore {
  readonly #context: ResourceContext;
  readonly #answering: Answering;
  readonly #codec: ResourceCodec;

  /** `context` is without a storage. */
  constructor(context: ResourceContext, answering: Answering) {
    super(context);
    this.#context = context;
    this.#answering = answering;
    this.#codec = new ResourceCodec(context.declaration.type);
  }

  override async create(
    sent: { readonly namespace: string; readonly object: Mutable<KubernetesObject> },
    caller: Caller,
  ): Promise<StoredObject> {
    const { review, control } = this.#answering;
    const { namespace, object } = sent;
    const { type } = this.declaration;
    if (control === undefined) throw statusError('ServiceUnavailable', 'nobody can answer this');
    bindNamespace(this.#context, object, namespace);
    bindKind(this.#context, object);
    const at = { namespace, name: object.metadata.name ?? '' };
    const asked = { operation: 'CREATE', at, object, caller } as const;
    const attributes = attributesOf(this.#context, asked);
    await this.#context.admission.mutate(attributes);
    const errors = this.declaration.validate?.(object) ?? [];
    // Kubernetes names neither the kind nor the object.
    if (errors.length > 0) throw invalidError({ ...type, kind: '' }, '', errors);
    review.check?.(object);
    await this.#context.admission.validate(attributes);
    const request = { asker: caller.user, namespace, nowMs: this.#context.clock.now() };
    const value = await review.answer(object, request, control);
    return StoredObject.seen(this.#codec, { value, revision: 0 });
  }
}
