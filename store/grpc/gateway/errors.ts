import { codes, expectedStatus, type RpcStatus } from '../status.ts';
import { JsonError } from './json.ts';

/** By gRPC code, as grpc-gateway maps them. */
const httpStatuses = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
];

const texts: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

export function statusOf(error: unknown): RpcStatus {
  if (error instanceof JsonError) return { code: codes.invalidArgument, details: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return expectedStatus(error) ?? { code: codes.unknown, details: message };
}

export const httpStatusOf = ({ code }: RpcStatus): number => httpStatuses[code] ?? 500;

/** What etcd 3.4 says and what 3.6 says, in one: clients look at either. */
export function errorBody({ code, details: message }: RpcStatus): object {
  return { error: message, code, message, details: [] };
}

export function streamErrorBody(status: RpcStatus): object {
  const { code, details: message } = status;
  const http = httpStatusOf(status);
  const old = { grpc_code: code, http_code: http, http_status: texts[http] ?? 'Error' };
  return { error: { ...old, code, message, details: [] } };
}
