/**
 * Reads custom.metrics.k8s.io and external.metrics.k8s.io, which extension servers serve behind
 * an APIService. Faults are told in the words of Kubernetes' metrics clients.
 * https://github.com/kubernetes/design-proposals-archive (instrumentation/custom-metrics-api)
 */
import { groupResource } from '../../api/resource.ts';
import { milliValue } from '../../api/quantity.ts';
import { formatLabelSelector, labelRequirements } from '../../api/selector/label.ts';
import { StatusError } from '../../api/status.ts';
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
} from '../../api/types/autoscaling-v2.ts';
import type { RestClient } from '../../client/rest.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ServedTypes } from '../runtime/served-types.ts';
import { NoMetricError } from './replicas.ts';
import type { PodMetricMap } from './pods.ts';

const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';
/** What is understood, best first, where the server prefers none of them. */
const versions: readonly string[] = ['v1beta2', 'v1beta1'];
/** So long the choice of a version is kept: between two looks at an autoscaler. */
const CHOICE_MS = 15_000;

interface CustomValue {
  readonly describedObject?: { readonly name?: string };
  readonly value: string | number;
}

interface Question {
  readonly path: string;
  /** As client-go names what it asks for: "pods.custom.metrics.k8s.io". */
  readonly what: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface MetricsApisOptions {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly types: Pick<ServedTypes, 'ofKind'>;
}

export class MetricsApis {
  readonly #options: MetricsApisOptions;
  #choice: { readonly version: string; readonly untilMs: number } | undefined;

  constructor(options: MetricsApisOptions) {
    this.#options = options;
  }

  /** Of each pod that `labelSelector` selects and the server measures. */
  async ofPods(
    namespace: string,
    labelSelector: string,
    metric: MetricIdentifier,
  ): Promise<PodMetricMap> {
    const path = `namespaces/${namespace}/pods/*/${metric.name}`;
    const items = await this.#custom(path, 'pods', { labelSelector, ...ofMetric(metric) });
    if (items.length === 0) throw new NoMetricError('no metrics returned from custom metrics API');
    // Whether it was measured before the pod was ready counts for CPU alone.
    const timeless = { timestampMs: 0, windowMs: 0 };
    return new Map(
      items.map(({ describedObject, value }) => [
        describedObject?.name ?? '',
        { milli: milliValue(value), ...timeless },
      ]),
    );
  }

  /** In thousandths. A namespace is always the autoscaler's own, whatever name is given. */
  async ofObject(
    namespace: string,
    { apiVersion = '', kind, name }: CrossVersionObjectReference,
    metric: MetricIdentifier,
  ): Promise<number> {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const isNamespace = kind === 'Namespace' && group === '';
    const resource = isNamespace ? 'metrics' : this.#resource(group, kind);
    const object = isNamespace ? metric.name : `${name}/${metric.name}`;
    const path = `namespaces/${namespace}/${resource}/${object}`;
    const items = await this.#custom(path, resource, ofMetric(metric));
    if (items.length !== 1) {
      const many = `returned ${items.length} results when we asked for exactly one`;
      throw new NoMetricError(unfetched('custom', `the custom metrics API server ${many}`));
    }
    return milliValue(items[0]!.value);
  }

  /** The sum of all values that the metric's selector selects, in thousandths. */
  async external(namespace: string, { name, selector }: MetricIdentifier): Promise<number> {
    const query = selector === undefined ? {} : { labelSelector: textOf(selector) };
    const path = `/apis/${EXTERNAL}/v1beta1/namespaces/${namespace}/${name}`;
    const items = await this.#items('external', { path, what: `${name}.${EXTERNAL}`, query });
    if (items.length === 0)
      throw new NoMetricError('no metrics returned from external metrics API');
    return items.reduce((sum, { value }) => sum + milliValue(value), 0);
  }

  async #custom(
    path: string,
    resource: string,
    query: Readonly<Record<string, string>>,
  ): Promise<readonly CustomValue[]> {
    const version = await this.#version();
    const what = `${resource.split('.')[0]}.${CUSTOM}`;
    return this.#items('custom', { path: `/apis/${CUSTOM}/${version}/${path}`, what, query });
  }

  async #items(api: string, { path, what, query }: Question): Promise<readonly CustomValue[]> {
    const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
    const target = asked.size === 0 ? path : `${path}?${asked.toString()}`;
    try {
      const answer = (await this.#options.client.getPath(target)) as { items?: CustomValue[] };
      return answer.items ?? [];
    } catch (error) {
      throw unfetchedOf(api, what, error);
    }
  }

  async #version(): Promise<string> {
    const { client, clock } = this.#options;
    if (this.#choice !== undefined && this.#choice.untilMs > clock.monotonic())
      return this.#choice.version;
    const { groups = [] } = (await client.getPath('/apis')) as { groups?: readonly ApiGroup[] };
    const group = groups.find(({ name }) => name === CUSTOM);
    if (group === undefined)
      throw new NoMetricError(unfetched('custom', `no custom metrics API (${CUSTOM}) registered`));
    const offered = [group.preferredVersion, ...group.versions].map((each) => each?.version);
    const version = offered.find((each) => each !== undefined && versions.includes(each));
    if (version === undefined)
      throw new NoMetricError(unfetched('custom', 'no known available metric versions found'));
    this.#choice = { version, untilMs: clock.monotonic() + CHOICE_MS };
    return version;
  }

  #resource(group: string, kind: string): string {
    const type = this.#options.types.ofKind(group, kind);
    if (type !== undefined) return groupResource(type);
    const of = group === '' ? `"${kind}" in version ""` : `"${kind}" in group "${group}"`;
    const cause = `unable to map kind ${kind}${group && `.${group}`} to resource`;
    throw new NoMetricError(unfetched('custom', `${cause}: no matches for kind ${of}`));
  }
}

interface ApiGroup {
  readonly name: string;
  readonly preferredVersion?: { readonly version: string };
  readonly versions: readonly { readonly version: string }[];
}

const textOf = (selector: NonNullable<MetricIdentifier['selector']>): string =>
  formatLabelSelector(labelRequirements(selector));

const ofMetric = ({ selector }: MetricIdentifier): Readonly<Record<string, string>> =>
  selector === undefined ? {} : { metricLabelSelector: textOf(selector) };

const unfetched = (api: string, cause: string): string =>
  `unable to fetch metrics from ${api} metrics API: ${cause}`;

/** `what` as client-go names it: "pods.metrics.k8s.io". Throws what is no answer of a server. */
export function unfetchedOf(api: string, what: string, error: unknown): NoMetricError {
  if (!(error instanceof StatusError)) throw error;
  const isUnknown = error.message === 'the server could not find the requested resource';
  const cause = isUnknown ? `${error.message} (get ${what})` : error.message;
  return new NoMetricError(unfetched(api, cause));
}
