/** audit.k8s.io/v1 Event, one JSON line each. */
import { parseJson } from '../../../api/json.ts';
import type { Status } from '../../../api/status.ts';
import { formatMicroTime } from '../../../api/time.ts';
import { type HttpResponse, JsonValue } from '../../../platform/net/http.ts';
import { isIP } from '../../../platform/net/ip.ts';
import type { User } from '../../authn/user.ts';
import type { PipelineRequest } from '../api-request.ts';
import type { RequestNotes } from '../request-notes.ts';
import type { Extent, Stage } from './policy.ts';

export interface Happening {
  readonly request: PipelineRequest;
  readonly extent: Extent;
  readonly stage: Stage;
  readonly receivedMs: number;
  readonly nowMs: number;
  readonly response?: HttpResponse | undefined;
  readonly failure?: Status | undefined;
}

/** Of a User-Agent. */
const MAX_AGENT_LENGTH = 1_024;
/** Bodies beyond this are left out of the log; a request's size is limited anyway. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** What is told of one stage of a request. */
export interface AuditEvent {
  readonly auditID: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly [field: string]: unknown;
}

export function auditEvent(happening: Happening): AuditEvent {
  const { request, extent, stage, receivedMs, nowMs } = happening;
  const { http, info, user, notes } = request;
  const { impersonated } = notes;
  const search = http.query.size === 0 ? '' : `?${http.query.toString()}`;
  const annotations = annotationsOf(notes, extent.level);
  const agent = cut(http.headers['user-agent']);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: extent.level,
    auditID: request.auditId,
    stage,
    requestURI: http.path + search,
    verb: info.verb,
    user: userInfo(user),
    ...(impersonated === undefined ? {} : { impersonatedUser: userInfo(impersonated) }),
    sourceIPs: sourcesOf(request),
    ...(agent === undefined ? {} : { userAgent: agent }),
    ...(info.type === 'path' ? {} : { objectRef: objectRef(happening) }),
    ...(stage === 'RequestReceived' ? {} : { responseStatus: responseStatus(happening) }),
    ...bodies(happening),
    requestReceivedTimestamp: formatMicroTime(receivedMs),
    stageTimestamp: formatMicroTime(nowMs),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

function annotationsOf(
  { annotations, details, decision }: RequestNotes,
  level: Extent['level'],
): Record<string, string> {
  const own = Object.fromEntries(annotations ?? []);
  if (details !== undefined && (level === 'Request' || level === 'RequestResponse'))
    for (const [key, value] of details) own[key] = value();
  if (decision === undefined) return own;
  return {
    'authorization.k8s.io/decision': decision.allowed ? 'allow' : 'forbid',
    'authorization.k8s.io/reason': decision.reason ?? '',
    ...own,
  };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return {
    ...(name ? { username: name } : {}),
    ...(uid ? { uid } : {}),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function sourcesOf({ http }: PipelineRequest): string[] {
  const forwarded = (http.headers['x-forwarded-for'] ?? '').split(',').map((ip) => ip.trim());
  const sources = forwarded.filter(isIP);
  const real = http.headers['x-real-ip'] ?? '';
  if (isIP(real) && !sources.includes(real)) sources.push(real);
  const own = http.peer.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  // Nobody but the last can be sure of who is before it.
  return sources.at(-1) === own ? sources : [...sources, own];
}

function cut(agent: string | undefined): string | undefined {
  if (agent === undefined || agent.length <= MAX_AGENT_LENGTH) return agent;
  return `${agent.slice(0, MAX_AGENT_LENGTH)}...TRUNCATED`;
}

function objectRef({ request }: Happening): object {
  const { info, notes } = request;
  if (info.type === 'path') return {};
  const sent = notes.sent?.metadata;
  const name = info.name || sent?.name;
  return {
    resource: info.resource,
    ...(info.namespace === '' ? {} : { namespace: info.namespace }),
    ...(name ? { name } : {}),
    ...(sent?.uid ? { uid: sent.uid } : {}),
    ...(info.group === '' ? {} : { apiGroup: info.group }),
    apiVersion: info.version,
    ...(sent?.resourceVersion ? { resourceVersion: sent.resourceVersion } : {}),
    ...(info.subresource === '' ? {} : { subresource: info.subresource }),
  };
}

function responseStatus(happening: Happening): object {
  const { response, failure } = happening;
  const code = response?.status ?? 500;
  const status = failure ?? statusAnswered(happening);
  if (status === undefined) return { metadata: {}, code };
  const { kind: _kind, apiVersion: _version, ...said } = status;
  return { code, ...said, metadata: {} };
}

/** What has nothing to show is answered with a Status: a deletion, an eviction, a binding. */
function statusAnswered({ request, response }: Happening): Partial<Status> | undefined {
  const { info, notes } = request;
  if (info.type === 'path' || (info.verb !== 'delete' && info.subresource === '')) return undefined;
  const value = valueOf(response?.body, false) ?? valueOf(notes.answered, false);
  const status = value as Partial<Status> | undefined;
  return status?.kind === 'Status' ? status : undefined;
}

function bodies(happening: Happening): object {
  const { request, extent, stage, response, failure } = happening;
  const { level, omitManagedFields } = extent;
  if (failure !== undefined && level === 'RequestResponse' && stage !== 'ResponseComplete')
    return { responseObject: failure };
  if (stage !== 'ResponseComplete' || level === 'None' || level === 'Metadata') return {};
  const { info, http, notes } = request;
  if (info.type === 'path') return {};
  // What is no JSON is logged as it was understood.
  const sent = valueOf(http.body, omitManagedFields) ?? decoded(notes, omitManagedFields);
  const answered =
    level === 'RequestResponse' && info.verb !== 'watch'
      ? (failure ??
        valueOf(response?.body, omitManagedFields) ??
        valueOf(notes.answered, omitManagedFields))
      : undefined;
  return {
    ...(sent === undefined ? {} : { requestObject: sent }),
    ...(answered === undefined ? {} : { responseObject: answered }),
  };
}

function decoded({ sent }: RequestNotes, omitManagedFields: boolean): unknown {
  if (sent === undefined) return undefined;
  const object = sent.decode();
  return omitManagedFields ? withoutManagedFields(object) : object;
}

/** Undefined for what is not JSON (protobuf, YAML), and for streams. */
function valueOf(body: unknown, omitManagedFields: boolean): unknown {
  const value = body instanceof JsonValue ? body.value : parsed(body);
  return omitManagedFields ? withoutManagedFields(value) : value;
}

function parsed(body: unknown): unknown {
  if (!(body instanceof Uint8Array) || body.length > MAX_BODY_BYTES) return undefined;
  if (body[0] !== 0x7b && body[0] !== 0x5b) return undefined;
  try {
    return parseJson(Buffer.from(body).toString('utf8')).value;
  } catch {
    return undefined;
  }
}

function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { metadata, items } = value as { metadata?: object; items?: unknown[] };
  const kept =
    metadata === undefined ? {} : { metadata: { ...metadata, managedFields: undefined } };
  return {
    ...value,
    ...kept,
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
  };
}
