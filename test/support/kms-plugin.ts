/**
 * A key management service as a plugin of Kubernetes has one (k8s.io/kms/apis/v2), for tests. Its
 * protobuf is written by hand: what it is tested against must not be what tests it.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import {
  Server,
  ServerCredentials,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { CallFailure, type ConnectSocket } from '../../platform/net/unary-calls.ts';

/** Fields with a length below 128 by number, in their order. */
function message(fields: readonly (readonly [number, Buffer | string])[]): Buffer {
  return Buffer.concat(
    fields.map(([field, value]) => {
      const bytes = Buffer.from(value);
      if (bytes.length > 127) throw new Error('too long for this test');
      return Buffer.concat([Buffer.of((field << 3) | 2, bytes.length), bytes]);
    }),
  );
}

function fieldsOf(bytes: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const [field, length] = [bytes[at]! >> 3, bytes[at + 1]!];
    if ((bytes[at]! & 7) !== 2 || length > 127) throw new Error('not understood by this test');
    fields.set(field, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return fields;
}

const ANNOTATION = 'nonce.kms.example.com';
const SERVICE = '/v2.KeyManagementService/';

export class KmsPlugin {
  keyId = 'key-1';
  healthz = 'ok';
  version = 'v2';
  /** What every call is answered with instead. */
  failure: { readonly code: string; readonly details: string } | undefined;
  readonly calls = { Status: 0, Encrypt: 0, Decrypt: 0 };

  answer(method: string, request: Buffer): Buffer {
    const name = method.slice(SERVICE.length) as keyof KmsPlugin['calls'];
    this.calls[name]++;
    if (this.failure !== undefined) throw new CallFailure(this.failure.code, this.failure.details);
    const fields = fieldsOf(request);
    const text = (field: number): string => (fields.get(field) ?? '').toString();
    if (name === 'Status')
      return message([
        [1, this.version],
        [2, this.healthz],
        [3, this.keyId],
      ]);
    if (name === 'Encrypt') {
      const iv = randomBytes(16);
      const cipher = createCipheriv('aes-256-ctr', keyOf(this.keyId), iv);
      const annotation = message([
        [1, ANNOTATION],
        [2, iv],
      ]);
      return message([
        [1, cipher.update(fields.get(1)!)],
        [2, this.keyId],
        [3, annotation],
      ]);
    }
    const annotation = fieldsOf(fields.get(4)!);
    if (annotation.get(1)!.toString() !== ANNOTATION) throw new Error('another annotation');
    const decipher = createDecipheriv('aes-256-ctr', keyOf(text(3)), annotation.get(2)!);
    return message([[1, decipher.update(fields.get(1)!)]]);
  }

  /** In place of a socket. */
  readonly connect: ConnectSocket = () => ({
    call: (method, request) => Promise.resolve().then(() => this.answer(method, request)),
    close: () => {},
  });

  /** Over gRPC; yields how to stop. */
  async serve(path: string): Promise<() => void> {
    const server = new Server();
    const asIs = (bytes: Buffer): Buffer => bytes;
    const names = ['Status', 'Encrypt', 'Decrypt'];
    const service = Object.fromEntries(
      names.map((name) => [
        name,
        {
          ...{ path: `${SERVICE}${name}`, requestStream: false, responseStream: false },
          ...{ requestSerialize: asIs, requestDeserialize: asIs },
          ...{ responseSerialize: asIs, responseDeserialize: asIs },
        },
      ]),
    );
    const methods: UntypedServiceImplementation = {};
    for (const name of names)
      methods[name] = (
        call: { request: Buffer },
        done: (error: object | null, answer?: Buffer) => void,
      ) => {
        try {
          done(null, this.answer(`${SERVICE}${name}`, call.request));
        } catch (error) {
          done({ code: status.FAILED_PRECONDITION, details: (error as Error).message });
        }
      };
    server.addService(service, methods);
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    return () => server.forceShutdown();
  }
}

const keyOf = (keyId: string): Buffer => createHash('sha256').update(keyId).digest();
