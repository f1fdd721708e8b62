import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { realFileSystem } from '../platform/node/file-system.ts';
import { connectHttp } from '../platform/node/http-client.ts';
import { realPrograms } from '../platform/node/programs.ts';
import { realTerminal } from '../platform/node/terminal.ts';
import { temporaryFolder } from '../platform/node/temporary-folder.ts';
import type { Terminal } from '../platform/terminal.ts';
import { connectSession } from './connect.ts';
import { manifestFiles } from './manifest/files.ts';
import type { Environment, Output } from './session.ts';

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

const realSockets = async () =>
  (await import('../platform/node/local-sockets.ts')).realLocalSockets;

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
        return download(url, { connectHttp, clock: realClock, signal });
      },
    }),
    disk: realDisk,
    clock: realClock,
    programs: realPrograms,
    temporaryFolder,
    connectHttp,
    async connectWebSocket(request) {
      const { connectWebSocket } = await import('../platform/node/websocket.ts');
      return connectWebSocket(request);
    },
    terminal: surroundings.terminal ?? realTerminal,
    sockets: {
      listenTcp: async (at, serve) => (await realSockets()).listenTcp(at, serve),
      listenHttp: async (at, handler) => (await realSockets()).listenHttp(at, handler),
    },
    async certificateEndMs(pem) {
      const { realX509 } = await import('../platform/node/x509.ts');
      return realX509.inspect(pem).notAfterMs;
    },
    variables,
    workingFolder,
    interactive,
    signal,
    connect: (flags) => connectSession(environment, flags),
  };
  return environment;
}
