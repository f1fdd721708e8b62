import { evaluatorOf } from '../../../api/quota/evaluators.ts';
import type { Clock } from '../../../platform/clock.ts';
import {
  type AdmissionAttributes,
  type AdmissionPlugin,
  admissionForbidden,
} from '../admission.ts';
import type { LimitedResource } from './limited-resources.ts';
import { type QuotaAccess, QuotaBooks } from './quota-books.ts';

/** Refuses what would use more of a namespace than its quotas give. */
export class ResourceQuotaAdmission implements AdmissionPlugin {
  readonly name = 'ResourceQuota';
  readonly #access: QuotaAccess;
  readonly #books: QuotaBooks;
  readonly #limited: readonly LimitedResource[];
  readonly #clock: Clock;

  constructor(access: QuotaAccess, clock: Clock, limited: readonly LimitedResource[] = []) {
    this.#access = access;
    this.#books = new QuotaBooks(access, limited);
    this.#clock = clock;
    this.#limited = limited;
  }

  /** Updates count only where one can use more than before. */
  handles({ operation, type, subresource, namespace }: AdmissionAttributes): boolean {
    if (namespace === '') return false;
    if (type.group === '' && type.resource === 'pods' && subresource === 'resize')
      return operation === 'UPDATE';
    if (subresource !== '') return false;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    const evaluator = evaluatorOf(type);
    return evaluator !== undefined && (operation === 'CREATE' || evaluator.grows !== undefined);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { namespace, type, subresource, object, oldObject: old, dryRun } = attributes;
    const evaluator = evaluatorOf(type);
    if (object === undefined || evaluator === undefined) return;
    if (old !== undefined && subresource === '' && evaluator.grows?.(object, old) !== true) return;
    const known = this.#access.known(namespace);
    const { length } = known instanceof Promise ? await known : known;
    if (length + this.#limited.length === 0) return;
    const request = { type, evaluator, object, old, nowMs: this.#clock.now() };
    const refused = await this.#books.enter(namespace, request, dryRun);
    if (refused === undefined) return;
    throw typeof refused === 'string' ? admissionForbidden(attributes, refused) : refused;
  }
}
