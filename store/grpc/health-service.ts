import type { DownloadCall, DownloadService } from './unary.ts';
import { decodeMessage, encodeMessage } from './schema/codec.ts';
import { codes, RpcError } from './status.ts';
import type { UnaryMethods } from './unary.ts';

const SERVING = 1;
const SERVICE_UNKNOWN = 3;

/** The whole server answers under "", as etcd's does. */
function healthOf(request: Buffer): { known: boolean; response: Buffer } {
  const { service = '' } = decodeMessage<{ service?: string }>(
    'grpc.health.v1.HealthCheckRequest',
    request,
  );
  const known = service === '';
  const status = known ? SERVING : SERVICE_UNKNOWN;
  return { known, response: encodeMessage('grpc.health.v1.HealthCheckResponse', { status }) };
}

export const healthService: UnaryMethods = {
  '/grpc.health.v1.Health/Check': async (request) => {
    const { known, response } = healthOf(request);
    if (!known) throw new RpcError(codes.notFound, 'unknown service');
    return response;
  },
};

/** grpc.health.v1.Health/Watch: the state now; it changes only by the end of the server. */
export class HealthWatch implements DownloadService {
  readonly #call: DownloadCall;
  #close: () => void = () => {};

  constructor(call: DownloadCall) {
    this.#call = call;
  }

  run(): Promise<void> {
    this.#call.write(healthOf(this.#call.request).response);
    return new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  close(): void {
    this.#close();
  }
}
