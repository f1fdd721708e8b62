/** A cluster of one node and somebody at a terminal with kubectl-lite, in this process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startCluster } from '../../cluster/start-cluster.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { type LiteOptions, runLite, type Said } from './kubectl-lite.ts';

type Typed = Omit<LiteOptions, 'folder' | 'kubeconfig'>;

export class LiteCluster {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #parts: Lifecycle;

  private constructor(folder: string, parts: Lifecycle) {
    this.folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
    this.#parts = parts;
  }

  static async start(): Promise<LiteCluster> {
    const parts = new Lifecycle();
    const folder = await mkdtemp(join(tmpdir(), 'wherry-lite-'));
    await parts.start(() => ({ stop: () => rm(folder, { recursive: true, force: true }) }));
    const cluster = await parts.start(() => startCluster({ nodes: 1 }));
    const started = new LiteCluster(folder, parts);
    await writeFile(started.kubeconfig, cluster.kubeconfig);
    return started;
  }

  stop(): Promise<void> {
    return this.#parts.stop();
  }

  /** Words are separated by blanks. */
  say(line: string, typed: Typed = {}): Promise<Said> {
    const { folder, kubeconfig } = this;
    return runLite(line.split(' '), { folder, kubeconfig, ...typed });
  }

  /** What it prints; it has to succeed. */
  async ok(line: string, typed?: Typed): Promise<string> {
    const said = await this.say(line, typed);
    expect(said, line).toMatchObject({ code: 0 });
    return said.out;
  }
}
