/** Whether the server behind an APIService can be asked, in Kubernetes' conditions and reasons. */
import type { APIService, APIServiceCondition } from '../../api/types/apiregistration-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { OutgoingAnswer, OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import type { User } from '../authn/user.ts';
import { callFailureText } from '../webhook/call-failure.ts';
import { remoteUserHeaders } from './proxy.ts';
import { type RemoteService, targetOf, type TargetOptions } from './target.ts';

export interface AvailabilityOptions extends TargetOptions {
  readonly http: OutgoingHttp;
  readonly clock: Clock;
}

export interface Availability {
  readonly condition: Pick<APIServiceCondition, 'status' | 'reason' | 'message'>;
  /** What the server says it serves, and the hash of how it describes that. */
  readonly resourceList?: unknown;
  readonly openApiHash?: string | undefined;
  /** Its whole document of OpenAPI v2. */
  readonly openApiV2?: string | undefined;
}

const TIMEOUT_MS = 5_000;
const MAX_DOCUMENT_BYTES = 4 << 20;
const AGGREGATOR: User = { name: 'system:kube-aggregator', groups: ['system:masters'] };

const no = (reason: string, message: string): Availability => ({
  condition: { status: 'False', reason, message },
});

export async function availabilityOf(
  apiService: APIService,
  service: RemoteService,
  options: AvailabilityOptions,
): Promise<Availability> {
  const missing = await missingPart(service, options);
  if (missing !== undefined) return missing;
  const { group = '', version = '' } = apiService.spec ?? {};
  const path = `/apis/${group}/${version}`;
  const { name = '', namespace = '', port = 443 } = service;
  const url = `https://${name}.${namespace}.svc:${port}${path}`;
  const failed = (why: string): Availability =>
    no('FailedDiscoveryCheck', `failing or missing response from ${url}: ${why}`);
  let answer: OutgoingAnswer;
  try {
    answer = await get(apiService, path, options);
  } catch (error) {
    return failed(callFailureText(error, `${name}.${namespace}.svc`));
  }
  const { status } = answer;
  if (status < 200 || status >= 400) return failed(`bad status from ${url}: ${status}`);
  return {
    condition: { status: 'True', reason: 'Passed', message: 'all checks passed' },
    resourceList: jsonOf(answer),
    openApiHash: await openApiHash(apiService, path.slice(1), options),
    openApiV2: await openApiV2(apiService, options),
  };
}

/** What is not there of the Service and its endpoints. */
async function missingPart(
  { name = '', namespace = '', port = 443 }: RemoteService,
  { lookup }: AvailabilityOptions,
): Promise<Availability | undefined> {
  const quoted = JSON.stringify(namespace);
  const service = await lookup.service(namespace, name);
  if (service === undefined)
    return no('ServiceNotFound', `service/${name} in ${quoted} is not present`);
  if (service.spec?.type === 'ExternalName') return undefined;
  const listening = service.spec?.ports?.find((each) => each.port === port);
  if (listening === undefined)
    return no('ServicePortError', `service/${name} in ${quoted} is not listening on port ${port}`);
  const slices = await lookup.endpointSlices(namespace, name);
  if (slices.length === 0)
    return no('EndpointsNotFound', `cannot find endpointslices for service/${name} in ${quoted}`);
  const portName = listening.name ?? '';
  const isReady = slices.some(
    ({ endpoints, ports }) =>
      ports?.some((each) => (each.name ?? '') === portName) &&
      endpoints?.some(({ conditions }) => conditions?.ready !== false),
  );
  if (isReady) return undefined;
  return no(
    'MissingEndpoints',
    `endpointslices for service/${name} in ${quoted} have no addresses with port name ` +
      JSON.stringify(portName),
  );
}

async function get(
  apiService: APIService,
  path: string,
  options: AvailabilityOptions,
): Promise<OutgoingAnswer> {
  const { http, clock } = options;
  const { origin, address, tls } = await targetOf(apiService, options);
  const { certificate = '', privateKey = '', ca, serverName } = tls;
  const controller = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => {
    controller.abort(new Error('context deadline exceeded'));
  });
  try {
    return await http.send({
      method: 'GET',
      url: origin + path,
      address,
      serverName,
      insecureSkipVerify: tls.insecureSkipVerify === true,
      ...(ca === undefined ? {} : { ca }),
      client: { certificate, privateKey },
      headers: { accept: 'application/json', ...remoteUserHeaders(AGGREGATOR) },
      maxAnswerBytes: MAX_DOCUMENT_BYTES,
      signal: controller.signal,
    });
  } finally {
    timer.cancel();
  }
}

function jsonOf({ body }: OutgoingAnswer): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Undefined from a server that has none, or one that is too large. */
async function openApiV2(
  apiService: APIService,
  options: AvailabilityOptions,
): Promise<string | undefined> {
  const answer = await get(apiService, '/openapi/v2', options).catch(() => undefined);
  return answer?.status === 200 ? Buffer.from(answer.body).toString('utf8') : undefined;
}

/** Of the group version's document; undefined from a server that has no OpenAPI v3. */
async function openApiHash(
  apiService: APIService,
  path: string,
  options: AvailabilityOptions,
): Promise<string | undefined> {
  const answer = await get(apiService, '/openapi/v3', options).catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const { paths } = (jsonOf(answer) ?? {}) as {
    readonly paths?: Readonly<Record<string, { readonly serverRelativeURL?: string }>>;
  };
  return /[?&]hash=([^&]*)/.exec(paths?.[path]?.serverRelativeURL ?? '')?.[1];
}
