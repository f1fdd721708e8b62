import { X509Certificate } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type Http2SecureServer,
  type Http2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { gzip as zlibGzip } from 'node:zlib';
import type { Peer } from '../../net/http.ts';
import type {
  Edge,
  Gzip,
  HttpServer,
  HttpListening,
  ListenOptions,
  TlsMaterial,
} from '../../net/http-server.ts';
import { upgradeOf } from './http-upgrade.ts';

/** Longer than the 90 s that client-go keeps idle connections, so that the client closes first. */
const KEEP_ALIVE_MS = 120_000;
/** Until a request's headers must have arrived. How long its body may take is the edge's affair. */
const HEADERS_MS = 32_000;
/** After this a stop destroys what has not ended by itself. */
const STOP_GRACE_MS = 1_000;
/** kube-apiserver's bound on header bytes. */
const MAX_HEADER_BYTES = 1 << 20;

/**
 * As many as Node reads over HTTP/1. Over HTTP/2 it would read 128: those who act for a user with
 * many groups send more.
 */
const MAX_HEADERS = 2_000;

const HTTP2_SETTINGS = { maxConcurrentStreams: 1_000, initialWindowSize: 256 * 1024 };
/**
 * Megabytes one HTTP/2 session may hold. Node refuses further streams above it, and a few
 * unread lists already exceed its default of 10.
 */
const HTTP2_SESSION_MEGABYTES = 512;

/** Level 1: a list shrinks nearly as well as at 6, in a third of the time. */
export const realGzip: Gzip = (bytes) => promisify(zlibGzip)(bytes, { level: 1 });

function textList(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Which of two bundles vouches for a certificate that one of them does. */
class Authorities {
  readonly #clients: ReadonlySet<string>;
  readonly #proxies: ReadonlySet<string>;

  constructor({ clientCa = '', frontProxyCa = '' }: TlsMaterial) {
    this.#clients = fingerprints(clientCa);
    this.#proxies = fingerprints(frontProxyCa);
  }

  of(socket: TLSSocket): { readonly client: boolean; readonly proxy: boolean } {
    if (this.#proxies.size === 0) return { client: true, proxy: false };
    const found = { client: false, proxy: false };
    let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
    // The last of a chain is its own issuer.
    for (let previous; at !== undefined && at !== previous; at = previous.issuerCertificate) {
      found.client ||= this.#clients.has(at.fingerprint256);
      found.proxy ||= this.#proxies.has(at.fingerprint256);
      previous = at;
    }
    return found;
  }
}

function fingerprints(bundle: string): ReadonlySet<string> {
  const texts = bundle.match(BLOCK) ?? [];
  return new Set(texts.map((text) => new X509Certificate(text).fingerprint256));
}

/** Reading the certificate costs a parse: done once per connection. */
function peerOf(socket: TLSSocket, address: string, authorities: Authorities): Peer {
  const certificate = socket.getPeerCertificate();
  // Node returns an empty object when the client sent none.
  if (Object.keys(certificate).length === 0) return { address };
  if (!socket.authorized) {
    return { address, certificateError: String(socket.authorizationError) };
  }
  const subject = certificate.subject as unknown as Record<string, string | string[] | undefined>;
  const commonName = textList(subject['CN']).at(-1) ?? '';
  const notAfterMs = Date.parse(certificate.valid_to);
  const organizations = textList(subject['O']);
  const sha256 = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const { client, proxy } = authorities.of(socket);
  return {
    address,
    ...(client ? { certificate: { commonName, organizations, notAfterMs, sha256 } } : {}),
    ...(proxy ? { frontProxy: { commonName } } : {}),
  };
}

/** Connections of one server: who is at their other end, and how to be rid of them. */
class Connections {
  readonly #sockets = new Set<TLSSocket>();
  readonly #sessions = new Set<Http2Session>();
  readonly #peers = new WeakMap<object, Peer>();

  constructor(
    server: Http2SecureServer,
    authorities: Authorities | undefined,
    idleMs = KEEP_ALIVE_MS,
  ) {
    const identify = (socket: TLSSocket): Peer => {
      const address = `${socket.remoteAddress}:${socket.remotePort}`;
      return authorities === undefined ? { address } : peerOf(socket, address, authorities);
    };
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#sockets.add(socket);
      this.#peers.set(socket, identify(socket));
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('session', (session) => {
      this.#sessions.add(session);
      this.#peers.set(session, identify(session.socket as TLSSocket));
      session.once('close', () => this.#sessions.delete(session));
      let open = 0;
      session.on('stream', (stream) => {
        open++;
        stream.once('close', () => open--);
      });
      // Half a preface or half a head is no stream yet; those that are open end in peace.
      session.setTimeout(idleMs, () => (open === 0 ? session.destroy() : session.close()));
      // A broken peer: its streams have failed by themselves.
      session.on('error', () => {});
    });
    // A handshake or a request line that failed is the client's affair.
    server.on('sessionError', () => {});
    server.on('tlsClientError', () => {});
  }

  peer(request: IncomingMessage | Http2ServerRequest): Peer {
    const key = request instanceof Http2ServerRequest ? request.stream.session : request.socket;
    return (key && this.#peers.get(key)) ?? { address: 'unknown' };
  }

  /** Lets HTTP/2 sessions finish their streams and take no more. */
  closeSessions(): void {
    for (const session of this.#sessions) session.close();
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function stopper(server: Http2SecureServer, connections: Connections, edge: Edge) {
  let stopped: Promise<void> | undefined;
  return (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      const deadline = setTimeout(() => connections.destroy(), STOP_GRACE_MS);
      // Closes idle HTTP/1 connections too, and calls back when the last connection is gone.
      server.close(() => {
        clearTimeout(deadline);
        resolve();
      });
      edge.drain();
      connections.closeSessions();
    });
    return stopped;
  };
}

/** What a renewal replaces; the rest of a server's settings stays. */
function secureContext({ certificate, privateKey, clientCa }: TlsMaterial) {
  const trusted = clientCa === undefined ? {} : { ca: clientCa };
  return { cert: certificate, key: privateKey, ...trusted, minVersion: 'TLSv1.2' as const };
}

/** HTTPS with HTTP/1.1 and HTTP/2 on one port, told apart by ALPN. */
export const realHttpServer: HttpServer = (options: ListenOptions): Promise<HttpListening> => {
  const edge = options.edge({
    http1Request: IncomingMessage,
    http1Response: ServerResponse,
    http2Request: Http2ServerRequest,
    http2Response: Http2ServerResponse,
  });
  const { clientCa, frontProxyCa } = options.tls;
  const cas = [clientCa, frontProxyCa].filter((ca) => ca !== undefined);
  const asks = cas.length > 0;
  const server = createSecureServer({
    cert: options.tls.certificate,
    key: options.tls.privateKey,
    ...(asks ? { ca: cas } : {}),
    requestCert: asks,
    // An unknown certificate becomes a 401 Status, which clients explain, not a broken handshake.
    rejectUnauthorized: false,
    allowHTTP1: true,
    settings: HTTP2_SETTINGS,
    maxSessionMemory: HTTP2_SESSION_MEGABYTES,
    maxHeaderListPairs: MAX_HEADERS,
    noDelay: true,
    Http1IncomingMessage: edge.classes.http1Request,
    Http1ServerResponse: edge.classes.http1Response,
    Http2ServerRequest: edge.classes.http2Request,
    Http2ServerResponse: edge.classes.http2Response,
  } as unknown as Parameters<typeof createSecureServer>[0]);
  // The HTTP/1 limits, which @types/node declares on http.Server only.
  Object.assign(server, {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    requestTimeout: 0,
    // As an option it is passed over by the server of both versions.
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  const authorities = asks ? new Authorities(options.tls) : undefined;
  const connections = new Connections(server, authorities, options.idleMs);
  server.on('request', (request: IncomingMessage | Http2ServerRequest, response: object) => {
    const httpVersion = request.httpVersionMajor >= 2 ? 2 : 1;
    const peer = connections.peer(request);
    if (httpVersion === 2) edge.serve({ request, response, httpVersion, peer });
    else edge.serve({ request, response, httpVersion, peer, connection: request.socket });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { response, upgrade } = upgradeOf({ request, socket, head }, edge.classes.http1Response);
    edge.serve({ request, response, httpVersion: 1, peer: connections.peer(request), upgrade });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      const { port } = server.address() as AddressInfo;
      const renew = (tls: TlsMaterial): void => server.setSecureContext(secureContext(tls));
      resolve({ port, renew, stop: stopper(server, connections, edge) });
    });
  });
};
