import { isObject, objectsIn } from '../../../../api/deep.ts';

type Json = Record<string, unknown>;

/** What a request has besides what it asks for. */
const OWN = new Set(['name', 'firstAvailable']);

/** What is asked for stood in the request itself. */
function nestExactly(request: Json): void {
  const asked = Object.keys(request).filter((field) => !OWN.has(field));
  if (asked.length === 0) return;
  const exactly: Json = {};
  for (const field of asked) {
    exactly[field] = request[field];
    delete request[field];
  }
  request['exactly'] = exactly;
}

/** What a device is stood in `basic`. */
function flattenBasic(device: Json): void {
  const { basic } = device;
  delete device['basic'];
  if (isObject(basic)) Object.assign(device, basic);
}

function claimSpec(spec: unknown): void {
  if (!isObject(spec) || !isObject(spec['devices'])) return;
  for (const request of objectsIn(spec['devices']['requests'])) nestExactly(request);
}

/** Makes an object that was stored as resource.k8s.io/v1beta1 one of v1, in place. */
export function devicesOfBeta({ kind, spec }: Json): void {
  if (!isObject(spec)) return;
  if (kind === 'ResourceClaim') claimSpec(spec);
  if (kind === 'ResourceClaimTemplate') claimSpec(spec['spec']);
  if (kind === 'ResourceSlice') for (const each of objectsIn(spec['devices'])) flattenBasic(each);
}
