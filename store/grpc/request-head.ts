import type { Field } from './http2/header-table.ts';

/** What the header fields of a request say to the server, besides their metadata. */
export interface RequestHead {
  readonly path: string;
  /** As it came: `grpc-timeout`, `grpc-encoding`. */
  readonly timeout?: string;
  readonly encoding?: string;
  /** Of etcd's API, as the client says. */
  readonly apiVersion?: string;
  /** Otherwise it is plain HTTP. */
  readonly isCall: boolean;
  /** The answer to what is no gRPC call. */
  readonly refusal?: readonly Field[];
}

const CONTENT_TYPE = /^application\/grpc($|[+;])/;

const only = (status: string): readonly Field[] => [{ name: ':status', value: status }];

export function readRequest(fields: readonly Field[]): RequestHead {
  const head: { -readonly [Key in keyof RequestHead]: RequestHead[Key] } = {
    path: '',
    isCall: false,
  };
  let method = '';
  for (const { name, value } of fields)
    switch (name) {
      case ':path':
        head.path = value;
        break;
      case ':method':
        method = value;
        break;
      case 'content-type':
        head.isCall = CONTENT_TYPE.test(value);
        break;
      case 'grpc-timeout':
        head.timeout = value;
        break;
      case 'client-api-version':
        head.apiVersion = value;
        break;
      case 'grpc-encoding':
        head.encoding = value;
        break;
    }
  if (method === '' || head.path === '') head.refusal = only('400');
  else if (method !== 'POST') head.refusal = only('405');
  else if (!head.isCall) head.refusal = only('415');
  return head;
}
