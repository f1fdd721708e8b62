import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { realFileSystem } from '../platform/node/files/file-system.ts';
import { realTerminal } from '../platform/node/terminal.ts';
import type { Terminal } from '../platform/terminal.ts';
import { connectSession } from './connect.ts';
import { manifestFiles } from './manifest/files.ts';
import { proxyFromEnvironment } from './proxy-environment.ts';
import type { Connect, Environment, Output } from './session.ts';

/** What of a command's surroundings differs between a process and a test. */
export interface Surroundings {
  readonly output: Output;
  readonly readInput: () => Promise<string>;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly interactive: boolean;
  readonly signal: AbortSignal;
  /** Absent: the process's own. */
  readonly terminal?: Terminal;
}

/** Loading HTTP and TLS takes as long as a request: commands that ask no server do without. */
const connectHttp: Connect = (target) => {
  let open: Promise<ReturnType<Connect>> | undefined;
  const opened = (): Promise<ReturnType<Connect>> => {
    open ??= import('../platform/node/net/https1-client.ts').then(({ connectHttp1 }) =>
      connectHttp1(target),
    );
    return open;
  };
  return {
    handler: async (request) => (await opened()).handler(request),
    close: async () => {
      if (open !== undefined) await (await open).close();
    },
  };
};

const realPrograms = async () => (await import('../platform/node/programs.ts')).realPrograms;

const realSockets = async () =>
  (await import('../platform/node/net/local-sockets.ts')).realLocalSockets;

/** The real effects around a command. */
export function realEnvironment(surroundings: Surroundings): Environment {
  const { output, readInput, variables, workingFolder, interactive, signal } = surroundings;
  const environment: Environment = {
    output,
    files: manifestFiles({
      ...realFileSystem,
      readInput,
      async download(url) {
        const { download } = await import('./manifest/download.ts');
        const throughProxies: Connect = (target) => {
          const proxyUrl = proxyFromEnvironment(target.baseUrl, variables);
          return connectHttp(proxyUrl === undefined ? target : { ...target, proxyUrl });
        };
        return download(url, { connectHttp: throughProxies, clock: realClock, signal });
      },
    }),
    disk: realDisk,
    clock: realClock,
    programs: {
      run: async (request) => (await realPrograms()).run(request),
      files: async (path) => (await realPrograms()).files(path),
    },
    async temporaryFolder(prefix) {
      const { temporaryFolder } = await import('../platform/node/files/temporary-folder.ts');
      return temporaryFolder(prefix);
    },
    connectHttp,
    async connectUpgrade(request) {
      const { connectUpgrade } = await import('../platform/node/net/handshake.ts');
      return connectUpgrade(request);
    },
    async connectWebSocket(request) {
      const { connectWebSocket } = await import('../platform/node/net/websocket.ts');
      return connectWebSocket(request);
    },
    terminal: surroundings.terminal ?? realTerminal,
    sockets: {
      listenTcp: async (at, serve) => (await realSockets()).listenTcp(at, serve),
      listenHttp: async (at, handler) => (await realSockets()).listenHttp(at, handler),
    },
    rawDeflate: async () => (await import('../platform/node/raw-deflate.ts')).realRawDeflate,
    async certificateEndMs(pem) {
      const { realX509 } = await import('../platform/node/crypto/x509.ts');
      return realX509.inspect(pem).notAfterMs;
    },
    async readCertificateRequest(pem) {
      const { realX509 } = await import('../platform/node/crypto/x509.ts');
      return realX509.readRequest(pem);
    },
    async randomName(length) {
      const { realRandom } = await import('../platform/node/random.ts');
      const { randomSuffix } = await import('../platform/random.ts');
      return randomSuffix(realRandom, length);
    },
    async sha256(text) {
      const { realCrypto } = await import('../platform/node/crypto/crypto.ts');
      const hash = realCrypto.sha256();
      hash.update(Buffer.from(text));
      return Buffer.from(hash.digest()).toString('hex');
    },
    variables,
    workingFolder,
    interactive,
    signal,
    connect: (flags, usedBy) => connectSession(environment, flags, usedBy),
  };
  return environment;
}
