/** From one version of a custom resource to another. */
import type { KubernetesObject } from '../../api/meta.ts';
import { StatusError, unexplained } from '../../api/status.ts';
import type {
  CustomResourceDefinition,
  WebhookConversion,
} from '../../api/types/apiextensions-v1.ts';
import { type Random, uuid } from '../../platform/random.ts';
import { REVIEW_VERSIONS } from '../webhook/review-kind.ts';
import {
  BadAnswer,
  checked,
  convertedObjects,
  reviewOf,
  UnreadableObject,
} from './conversion-review.ts';

/** Asks a webhook; rejects with an error whose message says why there is no answer. */
export interface ConversionWebhooks {
  call(call: {
    readonly config: NonNullable<WebhookConversion['clientConfig']>;
    readonly body: unknown;
    readonly timeoutMs: number;
  }): Promise<unknown>;
}

export interface Converter {
  /** Set if converting needs no waiting. */
  readonly now?: (object: KubernetesObject, apiVersion: string) => KubernetesObject;
  /**
   * None of them is in that version yet. Rejects with StatusError, also if one was stored in a
   * version that the definition no longer has.
   */
  convert(
    objects: readonly KubernetesObject[],
    apiVersion: string,
  ): Promise<readonly KubernetesObject[]>;
}

const TIMEOUT_MS = 30_000;
/** Objects sent in one review: a list of all is converted in several. */
const BATCH = 500;

export function converterOf(
  crd: CustomResourceDefinition,
  of: { readonly webhooks: ConversionWebhooks | undefined; readonly random: Random },
): Converter {
  const { strategy, webhook } = crd.spec.conversion ?? { strategy: 'None' };
  const { group, versions } = crd.spec;
  const known = new Set(versions.map(({ name }) => `${group}/${name}`));
  const check = ({ apiVersion }: KubernetesObject): void => {
    if (known.has(apiVersion)) return;
    throw unexplained(`request to convert CR from an invalid group/version: ${apiVersion}`);
  };
  if (strategy !== 'Webhook' || webhook === undefined) return renaming(check);
  const converter = new WebhookConverter(webhook, of);
  return {
    async convert(objects, apiVersion) {
      objects.forEach(check);
      return converter.convert(objects, apiVersion);
    },
  };
}

/** All versions have the same fields. */
function renaming(check: (object: KubernetesObject) => void): Converter {
  const now = (object: KubernetesObject, apiVersion: string): KubernetesObject => {
    check(object);
    return { ...object, apiVersion };
  };
  const convert: Converter['convert'] = async (objects, apiVersion) =>
    objects.map((object) => now(object, apiVersion));
  return { now, convert };
}

class WebhookConverter implements Converter {
  readonly #webhook: WebhookConversion;
  readonly #webhooks: ConversionWebhooks | undefined;
  readonly #random: Random;

  constructor(
    webhook: WebhookConversion,
    of: { readonly webhooks: ConversionWebhooks | undefined; readonly random: Random },
  ) {
    this.#webhook = webhook;
    this.#webhooks = of.webhooks;
    this.#random = of.random;
  }

  async convert(
    objects: readonly KubernetesObject[],
    apiVersion: string,
  ): Promise<readonly KubernetesObject[]> {
    const converted: KubernetesObject[] = [];
    for (let i = 0; i < objects.length; i += BATCH) {
      const batch = objects.slice(i, i + BATCH);
      try {
        converted.push(...(await this.#review(batch, apiVersion)));
      } catch (error) {
        if (error instanceof StatusError) throw error;
        if (error instanceof UnreadableObject) throw unexplained(error.message);
        const { apiVersion: from, kind } = batch[0]!;
        const what = `conversion webhook for ${from}, Kind=${kind}`;
        const { message } = error as Error;
        const isBad = error instanceof BadAnswer;
        throw unexplained(isBad ? `${what} ${message}` : `${what} failed: ${message}`);
      }
    }
    return converted;
  }

  async #review(
    objects: readonly KubernetesObject[],
    desiredAPIVersion: string,
  ): Promise<readonly KubernetesObject[]> {
    const { clientConfig, conversionReviewVersions } = this.#webhook;
    const version = conversionReviewVersions.find((one) => REVIEW_VERSIONS.includes(one));
    if (version === undefined || clientConfig === undefined)
      throw new Error('no supported conversion review versions');
    if (this.#webhooks === undefined) throw new Error('this server calls no webhooks');
    const uid = uuid(this.#random, 'conversion review');
    const request = { uid, desiredAPIVersion, objects };
    const body = { ...reviewOf(version), request };
    const answer = await this.#webhooks.call({ config: clientConfig, body, timeoutMs: TIMEOUT_MS });
    const converted = convertedObjects(answer, { version, uid });
    if (converted.length !== objects.length)
      throw new BadAnswer(`returned ${converted.length} objects, expected ${objects.length}`);
    return objects.map((original, i) =>
      checked(original, converted[i], {
        apiVersion: desiredAPIVersion,
        ...(objects.length > 1 && { index: i }),
      }),
    );
  }
}
