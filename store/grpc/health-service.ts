import { decodeMessage, encodeMessage } from './schema/codec.ts';
import { codes, RpcError } from './status.ts';

const SERVING = 1;
const SERVICE_UNKNOWN = 3;

/** The whole server answers under "", as etcd's does. */
export function healthOf(request: Buffer): { known: boolean; response: Buffer } {
  const { service = '' } = decodeMessage<{ service?: string }>(
    'grpc.health.v1.HealthCheckRequest',
    request,
  );
  const known = service === '';
  const status = known ? SERVING : SERVICE_UNKNOWN;
  return { known, response: encodeMessage('grpc.health.v1.HealthCheckResponse', { status }) };
}

/** grpc.health.v1.Health/Check */
export function checkHealth(request: Buffer): Buffer {
  const { known, response } = healthOf(request);
  if (!known) throw new RpcError(codes.notFound, 'unknown service');
  return response;
}
