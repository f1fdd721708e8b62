/** Probes and lifecycle hooks: what they do, and how often. */
import { type FieldError, forbidden, invalid, required } from '../../../../api/field-errors.ts';
import type {
  Container,
  GRPCAction,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
} from '../../../../api/types/core-v1.ts';
import { httpHeaderName, portName, portNumber } from '../../../../api/validation/formats.ts';
import { check, nonNegative, oneOf, requiredText } from '../checks.ts';

type Handler = LifecycleHandler & { readonly grpc?: GRPCAction };

function validatePort(port: string | number | undefined, field: string): FieldError[] {
  return typeof port === 'string'
    ? check(portName, port, field)
    : check(portNumber, port ?? 0, field);
}

function validateHttpGet(action: HTTPGetAction, field: string): FieldError[] {
  const { path, port, scheme, httpHeaders = [] } = action;
  return [
    ...requiredText(path, `${field}.path`),
    ...validatePort(port, `${field}.port`),
    ...oneOf(scheme, ['HTTP', 'HTTPS'], { field: `${field}.scheme` }),
    ...httpHeaders.flatMap(({ name }) => check(httpHeaderName, name ?? '', `${field}.httpHeaders`)),
  ];
}

function validateSleep(seconds: number, graceSeconds: number, field: string): FieldError[] {
  if (seconds >= 0 && seconds <= graceSeconds) return [];
  const limit = `terminationGracePeriodSeconds (${graceSeconds})`;
  const detail = `must be non-negative and less than ${limit}`;
  return [invalid(field, seconds, detail)];
}

function validateHandler(handler: Handler, graceSeconds: number, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let first = true;
  const action = (name: keyof Handler, validate: (at: string) => FieldError[]): void => {
    if (!handler[name]) return;
    const at = `${field}.${name}`;
    if (first) errors.push(...validate(at));
    else errors.push(forbidden(at, 'may not specify more than 1 handler type'));
    first = false;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  action('exec', (at) => (exec!.command?.length ? [] : [required(`${at}.command`)]));
  action('httpGet', (at) => validateHttpGet(httpGet!, at));
  action('tcpSocket', (at) => validatePort(tcpSocket!.port, `${at}.port`));
  action('grpc', (at) => check(portNumber, grpc!.port ?? 0, `${at}.port`));
  action('sleep', (at) => validateSleep(sleep!.seconds ?? 0, graceSeconds, at));
  if (first) errors.push(required(field, 'must specify a handler type'));
  return errors;
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function validateProbe(probe: Probe, graceSeconds: number, field: string): FieldError[] {
  const errors = validateHandler(probe, graceSeconds, field);
  for (const name of counts) errors.push(...nonNegative(probe[name], `${field}.${name}`));
  const { terminationGracePeriodSeconds: own } = probe;
  if (own !== undefined && own <= 0) {
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, own, 'must be greater than 0'));
  }
  return errors;
}

/** One success proves life and start; only readiness may ask for several in a row. */
function validateOnceProbe(probe: Probe, graceSeconds: number, field: string): FieldError[] {
  const errors = validateProbe(probe, graceSeconds, field);
  if (probe.successThreshold !== 1) {
    errors.push(invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}

export function validateHandlers(
  { lifecycle, livenessProbe, readinessProbe, startupProbe }: Container,
  graceSeconds: number,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle?.[hook];
    const at = `${field}.lifecycle.${hook}`;
    if (handler) errors.push(...validateHandler(handler, graceSeconds, at));
  }
  if (livenessProbe) {
    errors.push(...validateOnceProbe(livenessProbe, graceSeconds, `${field}.livenessProbe`));
  }
  if (readinessProbe) {
    const at = `${field}.readinessProbe`;
    errors.push(...validateProbe(readinessProbe, graceSeconds, at));
    const grace = readinessProbe.terminationGracePeriodSeconds;
    if (grace !== undefined) {
      const detail = 'must not be set for readinessProbes';
      errors.push(invalid(`${at}.terminationGracePeriodSeconds`, grace, detail));
    }
  }
  if (startupProbe) {
    errors.push(...validateOnceProbe(startupProbe, graceSeconds, `${field}.startupProbe`));
  }
  return errors;
}
