/** `check perf` as a command, on a store whose speed the test sets by a clock of its own. */
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { EtcdClient } from '../client.ts';
import { Session, type GlobalFlags } from '../session.ts';
import { checkCommand } from './check.ts';

const flags = { endpoints: ['a', 'b'], writeOut: 'simple', hex: false } as unknown as GlobalFlags;

/** The command on a store that answers a write after `writeMs`; resolves to what it printed. */
async function checkPerf(writeMs: number, args: readonly string[]) {
  const clock = new FakeClock();
  let out = '';
  const written = new Set<string>();
  const methods: string[] = [];
  const call = async (method: string, request: Plain = {}): Promise<Plain> => {
    if (method !== 'etcdserverpb.KV/Put') {
      methods.push(method);
      return { header: { revision: 7 } };
    }
    await new Promise<void>((resolve) => clock.after(writeMs, resolve));
    written.add((request['key'] as Buffer).toString());
    return {};
  };
  class StoreOfSetSpeed extends Session {
    override client(): Promise<EtcdClient> {
      return this.clientOf();
    }
    override clientOf(): Promise<EtcdClient> {
      return Promise.resolve({ call } as unknown as EtcdClient);
    }
  }
  const session = new StoreOfSetSpeed(flags, {
    context: {
      ...{ script: 'wherry', argv: [], env: {}, pid: 1, cwd: '/', interactive: false },
      ...{ err() {}, notifyReady() {}, readInput: () => Promise.resolve('') },
      out: (text) => (out += String(text)),
      terminated: new AbortController().signal,
    },
    clock,
    programs: undefined,
    readFile: () => Promise.reject(new Error('no files here')),
    fetchText: () => Promise.reject(new Error('no pages here')),
  });
  let settled = false;
  const running = checkCommand((body) => body(session))
    .exitOverride()
    .parseAsync(['perf', ...args], { from: 'user' })
    .then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    )
    .finally(() => (settled = true));
  while (!settled) await clock.advance(100);
  return { error: await running, out, written: written.size, methods };
}

describe('check perf', () => {
  it('passes on a store that answers in 10 ms, and tidies up', async () => {
    const { error, out, written, methods } = await checkPerf(10, ['--duration', '2']);
    expect(error).toBeUndefined();
    expect(written).toBe(300);
    expect(out).toBe(
      'PASS: Throughput is 150 writes/s\nPASS: Slowest request took 0.010000s\n' +
        'PASS: Stddev is 0.000000s\nPASS\n',
    );
    expect(methods).toEqual(['etcdserverpb.KV/Range', 'etcdserverpb.KV/DeleteRange']);
  });

  it('fails, and so does the process, on one that needs 600 ms', async () => {
    const args = ['--duration', '3', '--auto-compact', '--auto-defrag'];
    const { error, out, methods } = await checkPerf(600, args);
    expect(error).toBe('the cluster does not carry the load');
    expect(out).toContain('FAIL: Throughput too low: ');
    expect(out).toContain('Slowest request took too long: 0.600000s\nPASS: Stddev is 0.000000s\n');
    expect(out).toMatch(/\nFAIL\n$/);
    expect(methods.slice(2)).toEqual([
      'etcdserverpb.KV/Compact',
      'etcdserverpb.Maintenance/Defragment',
      'etcdserverpb.Maintenance/Defragment',
    ]);
  });
});
