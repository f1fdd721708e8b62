import type { FileEntry } from '../platform/bytes/tar.ts';
import type { Disk } from '../platform/files/disk.ts';
import type { Clock } from '../platform/clock.ts';
import type { LocalSockets } from '../platform/net/local-sockets.ts';
import type { Terminal } from '../platform/terminal.ts';
import type { CertificateRequestFacts } from '../platform/crypto/x509.ts';
import type { ConnectUpgrade } from '../platform/net/handshake.ts';
import type { ConnectWebSocket } from '../platform/net/websocket.ts';
import type { Programs } from '../platform/programs.ts';
import type { RawDeflate } from '../platform/bytes/raw-deflate.ts';
import type { Headers, HttpHandler } from '../platform/net/http.ts';
import type { Api } from './api.ts';
import type { GlobalValues } from './flags/global.ts';
import { Resources } from './resource/resources.ts';

/** Where a command writes. Both take whole texts, newline included. */
export interface Output {
  readonly out: (text: string | Uint8Array) => void;
  readonly err: (text: string | Uint8Array) => void;
}

/** Reads what `-f` names, rejecting with a UsageError in kubectl's words, and copies files. */
export interface Files {
  /** The files of a path, sorted: itself, or the manifests of a folder (`deep`: and below it). */
  expand(path: string, deep: boolean): Promise<readonly string[]>;
  /** The text of a file, or of standard input for "-". */
  read(path: string): Promise<string>;
  /** As {@link Files.read}, for content that need not be text. */
  readBytes(path: string): Promise<Uint8Array>;
  /** Names in a folder, sorted; undefined if the path is none. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Rejects with the system's error if there is nothing. Links are not followed. */
  entry(path: string): Promise<FileEntry>;
  /** The first so many bytes of a file that may be large. */
  readPieces(path: string, bytes: number): AsyncIterable<Uint8Array>;
  /** Writes as a shell's `>` does, in folders that are made if they are missing. */
  overwrite(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** With its parents. */
  makeFolder(path: string): Promise<void>;
}

/** Where a connection goes, and as whom. */
export interface ConnectionTarget {
  readonly baseUrl: string;
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly token?: string;
  readonly insecureSkipVerify?: boolean;
  readonly serverName?: string;
  /** A proxy at http://, https:// or socks5:// on the way. */
  readonly proxyUrl?: string;
}

export type Connect = (target: ConnectionTarget) => {
  readonly handler: HttpHandler;
  readonly close: () => Promise<void>;
};

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** The process around a command, and the way to a server. */
export interface Environment {
  readonly output: Output;
  readonly files: Files;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly programs: Programs;
  /** A new folder for what an editor or `diff` reads. */
  readonly temporaryFolder: (prefix: string) => Promise<TemporaryFolder>;
  /** Opens an HTTP connection: `connectHttp` of the platform. */
  readonly connectHttp: Connect;
  readonly connectWebSocket: ConnectWebSocket;
  readonly connectUpgrade: ConnectUpgrade;
  readonly terminal: Terminal;
  readonly sockets: LocalSockets;
  readonly rawDeflate: () => Promise<RawDeflate>;
  /** When a certificate ends; throws if the PEM is none. */
  readonly certificateEndMs: (pem: string) => Promise<number>;
  /** What a certificate request in PEM asks for; throws if it is none. */
  readonly readCertificateRequest: (pem: string) => Promise<CertificateRequestFacts>;
  /** So many random letters and digits, for a name. */
  readonly randomName: (length: number) => Promise<string>;
  /** The SHA-256 of a text, in hexadecimal digits. */
  readonly sha256: (text: string) => Promise<string>;
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** True if standard output is a terminal. */
  readonly interactive: boolean;
  /** Aborts on Ctrl-C: a watch ends, the command exits. */
  readonly signal: AbortSignal;
  /** Opens the session for a command; rejects with a UsageError if no server is configured. */
  /** `usedBy`: what of the command reads standard input. */
  connect(flags: GlobalValues, usedBy?: string): Promise<Session>;
}

export interface SessionOptions {
  readonly environment: Environment;
  readonly api: Api;
  /** Of `-n`, else of the context, else "default". */
  readonly namespace: string;
  /** True if the namespace was given by `-n`: manifests must not say otherwise then. */
  readonly namespaceGiven: boolean;
  /** How the server is reached, for what is no plain request. */
  readonly target: ConnectionTarget;
  /** Sent with every request: impersonation. */
  readonly headers: Headers;
  /** The way to the server, below {@link SessionOptions.api}. */
  readonly handler: HttpHandler;
  /** Closes the connections. */
  readonly close: () => Promise<void>;
}

/** Everything a command needs: one server, the namespace in force and its surroundings. */
export class Session {
  readonly environment: Environment;
  readonly api: Api;
  readonly namespace: string;
  readonly namespaceGiven: boolean;
  /** Address of the API server. */
  readonly server: string;
  readonly target: ConnectionTarget;
  readonly headers: Headers;
  readonly handler: HttpHandler;
  readonly output: Output;
  readonly files: Files;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly #close: () => Promise<void>;
  #resources: Promise<Resources> | undefined;

  constructor(options: SessionOptions) {
    const { environment } = options;
    this.environment = environment;
    this.api = options.api;
    this.namespace = options.namespace;
    this.namespaceGiven = options.namespaceGiven;
    this.server = options.target.baseUrl;
    this.target = options.target;
    this.headers = options.headers;
    this.handler = options.handler;
    this.output = environment.output;
    this.files = environment.files;
    this.clock = environment.clock;
    this.signal = environment.signal;
    this.#close = options.close;
  }

  /** Discovered once per command. */
  resources(): Promise<Resources> {
    this.#resources ??= Resources.discover(this.api);
    return this.#resources;
  }

  /** The same session, in another namespace. */
  inNamespace(namespace: string): Session {
    return new Session({
      environment: this.environment,
      api: this.api,
      namespace,
      namespaceGiven: true,
      target: this.target,
      headers: this.headers,
      handler: this.handler,
      close: this.#close,
    });
  }

  /** What is served has changed: the next command line word is looked up anew. */
  forgetResources(): void {
    this.#resources = undefined;
  }

  close(): Promise<void> {
    return this.#close();
  }

  print(line: string): void {
    this.output.out(`${line}\n`);
  }

  complain(line: string): void {
    this.output.err(`${line}\n`);
  }
}
