import { evaluatorOf } from '../../../api/quota/evaluators.ts';
import type { Clock } from '../../../platform/clock.ts';
import {
  type AdmissionAttributes,
  type AdmissionPlugin,
  admissionForbidden,
} from '../admission.ts';
import { type QuotaAccess, QuotaBooks } from './quota-books.ts';

/** Refuses what would use more of a namespace than its quotas give. */
export class ResourceQuotaAdmission implements AdmissionPlugin {
  readonly name = 'ResourceQuota';
  readonly #access: QuotaAccess;
  readonly #books: QuotaBooks;
  readonly #clock: Clock;

  constructor(access: QuotaAccess, clock: Clock) {
    this.#access = access;
    this.#books = new QuotaBooks(access);
    this.#clock = clock;
  }

  /** Updates count only where one can use more than before. */
  handles({ operation, type, subresource, namespace }: AdmissionAttributes): boolean {
    if (namespace === '') return false;
    if (type.group === '' && type.resource === 'pods' && subresource === 'resize')
      return operation === 'UPDATE';
    if (subresource !== '') return false;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    const evaluator = evaluatorOf(type);
    return evaluator !== undefined && (operation === 'CREATE' || evaluator.grows === true);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { namespace, type, object, oldObject: old, dryRun } = attributes;
    const evaluator = evaluatorOf(type);
    if (object === undefined || evaluator === undefined) return;
    const known = this.#access.known(namespace);
    if ((known instanceof Promise ? await known : known).length === 0) return;
    const request = { evaluator, object, old, nowMs: this.#clock.now() };
    const refused = await this.#books.enter(namespace, request, dryRun);
    if (refused !== undefined) throw admissionForbidden(attributes, refused);
  }
}
