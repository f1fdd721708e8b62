/**
 * MutatingAdmissionWebhook and ValidatingAdmissionWebhook: what others are asked about each
 * write. In: configurations, from the cache. Mutating webhooks are asked one after the other, in
 * the order of their configurations' names, and once more where they ask for it and the object
 * has changed since; validating ones all at once.
 */
import { goJsonAsIs } from '../../../api/go-json.ts';
import { MalformedJson, parseJson } from '../../../api/json.ts';
import {
  applyJsonPatch,
  decodeJsonPatch,
  JsonPatchFailure,
  MalformedJsonPatch,
} from '../../../api/patch/json-patch.ts';
import type { KubernetesObject } from '../../../api/meta.ts';
import { statusError } from '../../../api/status.ts';
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from '../../../api/types/admissionregistration-v1.ts';
import { jsonText } from '../../../platform/json-text.ts';
import {
  type AdmissionAttributes,
  admissionForbidden,
  type AdmissionPlugin,
  internalError,
  type Rounds,
} from '../admission.ts';
import { ConditionFailure, matchConditions } from '../expressions/match-conditions.ts';
import type { WebhookUsers } from '../../webhook/kubeconfig-target.ts';
import type { Lookups, Registered } from '../lookups.ts';
import { isExempt, matched } from '../matching/match.ts';
import { inVersion, replaceObject } from '../matching/versioned.ts';
import { ask, type Webhook } from './ask.ts';
import { denial, WebhookFailure } from './denial.ts';
import type { Patch, ReviewRequest } from './review.ts';

interface Hook<W extends Webhook> {
  readonly configuration: string;
  readonly webhook: W;
}

type Configuration<W> = KubernetesObject & { readonly webhooks?: readonly W[] };

/** In the order in which they are asked. */
async function hooksOf<W extends Webhook>(
  configurations: Registered<Configuration<W>>,
): Promise<Hook<W>[]> {
  const known = [...(await configurations.known(''))];
  return known
    .map((each) => ({ name: each.metadata.name ?? '', webhooks: each.webhooks ?? [] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, webhooks }) => webhooks.map((webhook) => ({ configuration: name, webhook })));
}

/** Undefined if the webhook need not be asked. */
async function reviewRequest(
  webhook: Webhook,
  attributes: AdmissionAttributes,
  lookups: Lookups,
): Promise<ReviewRequest | undefined> {
  const criteria = { ...webhook, rules: webhook.rules ?? [] };
  const type = await matched(criteria, attributes, lookups);
  if (type === undefined) return undefined;
  const objects = await inVersion(attributes, type, lookups.versions);
  const request = { attributes, type, objects };
  const { matchConditions: conditions, failurePolicy } = webhook;
  if (conditions === undefined || conditions.length === 0) return request;
  try {
    const applies = await matchConditions(conditions, request, { lookups, failurePolicy });
    return applies ? request : undefined;
  } catch (error) {
    if (error instanceof ConditionFailure) throw admissionForbidden(attributes, error.message);
    throw error;
  }
}

export class ValidatingWebhooks implements AdmissionPlugin {
  readonly name = 'ValidatingAdmissionWebhook';
  readonly #lookups: Lookups;
  readonly #users: WebhookUsers | undefined;
  readonly #configurations: Registered<ValidatingWebhookConfiguration>;

  constructor(lookups: Lookups, users?: WebhookUsers) {
    this.#lookups = lookups;
    this.#users = users;
    this.#configurations = lookups.validatingWebhooks;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return this.#configurations.some() && !isExempt(attributes);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const hooks = await hooksOf(this.#configurations);
    const outcomes = await Promise.allSettled(
      hooks.map((hook, index) => this.#ask(hook, attributes, index)),
    );
    // All are waited for, so that their effects are over when the client is answered.
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  async #ask({ webhook }: Hook<Webhook>, attributes: AdmissionAttributes, index: number) {
    const lookups = this.#lookups;
    const request = await reviewRequest(webhook, attributes, lookups);
    if (request === undefined) return;
    try {
      const verdict = await ask(webhook, request, { lookups, mutating: false, users: this.#users });
      if (!verdict.allowed) throw denial(webhook.name, verdict);
    } catch (error) {
      const key = `failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`;
      passOrFail(error, { webhook, attributes, key });
    }
  }
}

/**
 * A webhook that cannot be asked stops the request, unless it may be ignored. Of a request whose
 * time is over, or whose client has gone, nothing comes any more.
 */
function passOrFail(
  error: unknown,
  of: {
    readonly webhook: Webhook;
    readonly attributes: AdmissionAttributes;
    readonly key: string;
  },
): void {
  if (!(error instanceof WebhookFailure)) throw error as Error;
  const { webhook, attributes, key } = of;
  if (webhook.failurePolicy !== 'Ignore') throw internalError(error.message);
  if (attributes.request?.signal.aborted === true)
    throw statusError('Timeout', 'Timeout: request did not complete within requested timeout');
  attributes.request?.annotate(key, webhook.name);
}

/** What one mutation has seen so far. */
interface Memory {
  /** Asked before, and willing to be asked again. */
  readonly reinvocable: Set<string>;
  /** Of those, the ones whose view is out of date. */
  readonly outdated: Set<string>;
  /** The object as the webhooks left it. */
  last: string;
}

export class MutatingWebhooks implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionWebhook';
  readonly #lookups: Lookups;
  readonly #users: WebhookUsers | undefined;
  readonly #configurations: Registered<MutatingWebhookConfiguration>;

  constructor(lookups: Lookups, users?: WebhookUsers) {
    this.#lookups = lookups;
    this.#users = users;
    this.#configurations = lookups.mutatingWebhooks;
  }

  handles(attributes: AdmissionAttributes): boolean {
    return this.#configurations.some() && !isExempt(attributes);
  }

  async mutate(attributes: AdmissionAttributes, rounds: Rounds): Promise<void> {
    const memory = (rounds.memory.get(this.name) as Memory | undefined) ?? {
      reinvocable: new Set(),
      outdated: new Set(),
      last: '',
    };
    rounds.memory.set(this.name, memory);
    const hooks = await hooksOf(this.#configurations);
    const wantsAgain = hooks.some(({ webhook }) => isReinvocable(webhook));
    if (rounds.isSecond && memory.last !== jsonText(attributes.object))
      for (const each of memory.reinvocable) memory.outdated.add(each);
    for (const [index, hook] of hooks.entries()) {
      const id = `${hook.configuration}/${hook.webhook.name}`;
      if (rounds.isSecond && !memory.outdated.delete(id)) continue;
      const round = rounds.isSecond ? 1 : 0;
      const asked = await this.#ask(hook, attributes, `round_${round}_index_${index}`);
      if (asked === undefined) continue;
      if (asked.changed) {
        for (const each of memory.reinvocable) memory.outdated.add(each);
        rounds.again();
      }
      if (isReinvocable(hook.webhook)) memory.reinvocable.add(id);
    }
    if (wantsAgain) memory.last = jsonText(attributes.object);
  }

  /** Undefined if it was none of the webhook's business. */
  async #ask(
    { configuration, webhook }: Hook<MutatingWebhook>,
    attributes: AdmissionAttributes,
    place: string,
  ): Promise<{ readonly changed: boolean } | undefined> {
    const lookups = this.#lookups;
    const request = await reviewRequest(webhook, attributes, lookups);
    if (request === undefined) return undefined;
    let changed = false;
    try {
      const verdict = await ask(webhook, request, { lookups, mutating: true, users: this.#users });
      if (!verdict.allowed) throw denial(webhook.name, verdict);
      const applied = await this.#apply(webhook.name, verdict.patch, request);
      ({ changed } = applied);
      const { operations: patch } = applied;
      if (patch.length > 0)
        attributes.request?.annotateDetail(`patch.webhook.admission.k8s.io/${place}`, () =>
          goJsonAsIs({ configuration, webhook: webhook.name, patch, patchType: 'JSONPatch' }),
        );
    } catch (error) {
      const key = `failed-open.mutating.webhook.admission.k8s.io/${place}`;
      passOrFail(error, { webhook, attributes, key });
    }
    attributes.request?.annotate(
      `mutation.webhook.admission.k8s.io/${place}`,
      JSON.stringify({ configuration, webhook: webhook.name, mutated: changed }),
    );
    return { changed };
  }

  async #apply(
    webhook: string,
    patch: Patch | undefined,
    { attributes, type, objects }: ReviewRequest,
  ): Promise<Applied> {
    if (patch === undefined) return untouched;
    const operations = decoded(webhook, patch);
    if (operations.length === 0) return untouched;
    if (objects.object === undefined)
      throw internalError(
        `admission webhook ${JSON.stringify(webhook)} attempted to modify the object, ` +
          'which is not supported for this operation',
      );
    if (patch.type !== 'JSONPatch')
      throw new WebhookFailure(webhook, `unsupported patch type ${JSON.stringify(patch.type)}`);
    try {
      const value = applyJsonPatch(objects.object, operations);
      const changed = await replaceObject(attributes, { type, value }, this.#lookups.versions);
      return { changed, operations: operations.map(inGosOrder) };
    } catch (error) {
      if (error instanceof JsonPatchFailure) throw internalError(error.message);
      throw error;
    }
  }
}

interface Applied {
  readonly changed: boolean;
  /** As they were sent. */
  readonly operations: readonly object[];
}

const untouched: Applied = { changed: false, operations: [] };

/** Keys of an operation in order, its value as it came. */
function inGosOrder(operation: object): object {
  return Object.fromEntries(Object.entries(operation).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function decoded(webhook: string, { text }: Patch): ReturnType<typeof decodeJsonPatch> {
  try {
    return decodeJsonPatch(parseJson(text).value);
  } catch (error) {
    if (!(error instanceof MalformedJsonPatch) && !(error instanceof MalformedJson)) throw error;
    const reason = `received undecodable patch in webhook response: ${error.message}`;
    throw new WebhookFailure(webhook, reason);
  }
}

function isReinvocable({ reinvocationPolicy }: MutatingWebhook): boolean {
  return reinvocationPolicy === 'IfNeeded';
}
