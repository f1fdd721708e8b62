/** From one version of a custom resource to another. */
import { deepEqual, isObject } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { StatusError, unexplained } from '../../api/status.ts';
import type {
  CustomResourceDefinition,
  WebhookConversion,
} from '../../api/types/apiextensions-v1.ts';
import { type Random, uuid } from '../../platform/random.ts';

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
  /** None of them is in that version yet. Rejects with StatusError. */
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
  if (strategy !== 'Webhook' || webhook === undefined) return RENAMING;
  return new WebhookConverter(webhook, of);
}

const renamed = (object: KubernetesObject, apiVersion: string): KubernetesObject => ({
  ...object,
  apiVersion,
});

const RENAMING: Converter = {
  now: renamed,
  convert: (objects, apiVersion) =>
    Promise.resolve(objects.map((object) => renamed(object, apiVersion))),
};

/** Why a webhook's answer cannot be used. */
class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
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
        const { apiVersion: from, kind } = batch[0]!;
        const what = `conversion webhook for ${from}, Kind=${kind}`;
        const why = (error as Error).message;
        throw unexplained(error instanceof BadAnswer ? `${what} ${why}` : `${what} failed: ${why}`);
      }
    }
    return converted;
  }

  async #review(
    objects: readonly KubernetesObject[],
    desiredAPIVersion: string,
  ): Promise<readonly KubernetesObject[]> {
    const { clientConfig, conversionReviewVersions } = this.#webhook;
    const version = conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1');
    if (version === undefined || clientConfig === undefined)
      throw new Error('no supported conversion review versions');
    if (this.#webhooks === undefined) throw new Error('this server calls no webhooks');
    const uid = uuid(this.#random, 'conversion review');
    const apiVersion = `apiextensions.k8s.io/${version}`;
    const request = { uid, desiredAPIVersion, objects };
    const body = { kind: 'ConversionReview', apiVersion, request };
    const answer = await this.#webhooks.call({ config: clientConfig, body, timeoutMs: TIMEOUT_MS });
    const converted = convertedObjects(answer, { apiVersion, uid, strict: version === 'v1' });
    if (converted.length !== objects.length)
      throw new BadAnswer(`returned ${converted.length} objects, expected ${objects.length}`);
    return objects.map((original, i) => {
      try {
        return checked(original, converted[i], desiredAPIVersion);
      } catch (error) {
        const where = objects.length === 1 ? '' : ` at index ${i}`;
        throw new BadAnswer(
          `returned invalid converted object${where}: ${(error as Error).message}`,
        );
      }
    });
  }
}

function convertedObjects(
  answer: unknown,
  expected: { readonly apiVersion: string; readonly uid: string; readonly strict: boolean },
): readonly unknown[] {
  const { apiVersion, kind, response } = isObject(answer) ? answer : {};
  if (expected.strict && (apiVersion !== expected.apiVersion || kind !== 'ConversionReview')) {
    const wanted = `${expected.apiVersion}, Kind=ConversionReview`;
    const got = `${textOf(apiVersion)}, Kind=${textOf(kind)}`;
    throw new Error(`expected webhook response of ${wanted}, got ${got}`);
  }
  if (!isObject(response)) throw new Error('no response provided');
  const { uid, result } = response;
  if (expected.strict && uid !== expected.uid) {
    const [wanted, got] = [JSON.stringify(expected.uid), JSON.stringify(uid ?? '')];
    throw new Error(`expected response.uid=${wanted}, got ${got}`);
  }
  const { status, message } = isObject(result) ? result : {};
  if (status !== 'Success') {
    if (typeof message === 'string' && message !== '') throw new Error(message);
    throw new Error(`response.result.status was '${textOf(status)}', not 'Success'`);
  }
  const { convertedObjects: objects } = response;
  return Array.isArray(objects) ? objects : [];
}

/** The converted object with what a conversion may not change as it was. */
function checked(
  original: KubernetesObject,
  converted: unknown,
  desiredAPIVersion: string,
): KubernetesObject {
  if (!isObject(converted)) throw new Error('it is no object');
  const { apiVersion, kind, metadata } = converted;
  if (apiVersion !== desiredAPIVersion) {
    const got = textOf(apiVersion);
    throw new Error(`invalid groupVersion (expected ${desiredAPIVersion}, received ${got})`);
  }
  if (kind !== original.kind)
    throw new Error(`invalid kind (expected ${original.kind}, received ${textOf(kind)})`);
  if (!isObject(metadata)) throw new Error('missing metadata in converted object');
  for (const field of ['name', 'namespace', 'uid'] as const) {
    const [wanted, got] = [original.metadata[field] ?? '', metadata[field] ?? ''];
    const shown = field === 'uid' ? 'UID' : field;
    if (!deepEqual(wanted, got))
      throw new Error(`must have the same ${shown}: ${wanted} != ${JSON.stringify(got)}`);
  }
  const { labels, annotations } = metadata;
  const { labels: _l, annotations: _a, ...kept } = original.metadata;
  const own = {
    ...kept,
    ...(textMap(labels) ? { labels } : {}),
    ...(textMap(annotations) ? { annotations } : {}),
  };
  return { ...converted, metadata: own } as unknown as KubernetesObject;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function textMap(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
