import { EtcdctlFailure } from '../../etcdctl/failure.ts';
import { CommanderError, type Command } from 'commander';
import type { ContainerIo } from '../../kubelet/container-streams.ts';
import { Input } from '../../kubelet/shell/input.ts';
import type { ProcessContext } from '../../platform/node/process.ts';

/**
 * `etcdctl …` as in an etcd's container: ours, in this process, on the cluster's own store unless
 * `--endpoints` names another. Resolves with its exit code.
 */
export async function execEtcdctl(
  endpoint: string,
  args: readonly string[],
  io: ContainerIo,
): Promise<number> {
  const { etcdctlCommand } = await import('../../etcdctl/main.ts');
  const output = new Output(io);
  const context = contextOf(args, io, output);
  const program = etcdctlCommand(context);
  quiet(program, output);
  try {
    await program.parseAsync(['--endpoints', endpoint, ...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said its word.
    if (error instanceof CommanderError) return error.exitCode;
    output.err(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof EtcdctlFailure ? error.exitCode : 1;
  } finally {
    await output.written;
  }
}

/** What is written goes out in order; whoever went away gets nothing more. */
class Output {
  readonly #io: ContainerIo;
  written: Promise<void> = Promise.resolve();

  constructor(io: ContainerIo) {
    this.#io = io;
  }

  out(text: string | Uint8Array): void {
    this.#write(this.#io.stdout, text);
  }

  err(text: string | Uint8Array): void {
    this.#write(this.#io.stderr ?? this.#io.stdout, text);
  }

  #write(sink: ContainerIo['stdout'], text: string | Uint8Array): void {
    const raw = typeof text === 'string' && this.#io.tty ? text.replaceAll('\n', '\r\n') : text;
    const bytes = typeof raw === 'string' ? Buffer.from(raw) : raw;
    this.written = this.written.then(() => sink?.write(bytes)).catch(() => {});
  }
}

function contextOf(args: readonly string[], io: ContainerIo, output: Output): ProcessContext {
  return {
    argv: args,
    script: 'etcdctl',
    env: {},
    pid: 1,
    cwd: '/',
    out: (text) => output.out(text),
    err: (text) => output.err(text),
    async readInput() {
      const chunks: Uint8Array[] = [];
      for await (const chunk of io.stdin ?? []) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
    async *inputLines() {
      const input = new Input(io.stdin);
      for (let line = await input.line(); line !== undefined; line = await input.line()) yield line;
    },
    interactive: io.tty,
    terminated: io.signal,
    notifyReady() {},
  };
}

/** Commander's own words go where the command's go, and it ends no process. */
function quiet(command: Command, output: Output): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => output.out(text),
    writeErr: (text) => output.err(text),
  });
  for (const each of command.commands) quiet(each, output);
}
