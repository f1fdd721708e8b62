/** check perf, check datascale: whether a cluster carries a load, with etcdctl's numbers */
import { Command, Option } from 'commander';
import { sleep } from '../../platform/clock.ts';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { prefixEnd } from '../../store/kv.ts';
import { numberText } from '../plain.ts';
import type { EtcdClient } from '../client.ts';
import { unknownValue } from '../failure.ts';
import type { Run, Session } from '../session.ts';
import { perfVerdict } from './perf-verdict.ts';

interface Load {
  readonly perSecond: number;
  readonly clients: number;
  /** Of datascale. */
  readonly records: number;
}

const loads: Readonly<Record<string, Load>> = {
  s: { perSecond: 150, clients: 50, records: 10_000 },
  m: { perSecond: 1000, clients: 200, records: 100_000 },
  l: { perSecond: 8000, clients: 500, records: 1_000_000 },
  xl: { perSecond: 15_000, clients: 1000, records: 3_000_000 },
};
const loadNames: Readonly<Record<string, string>> = {
  small: 's',
  medium: 'm',
  large: 'l',
  xLarge: 'xl',
};
const KEY_BYTES = 256;
const VALUE_BYTES = 1024;
/** Writers that share a connection. */
const CLIENTS_PER_CONNECTION = 16;
const NO_KEYS = { keys_only: true, limit: 1 };

interface CheckFlags {
  readonly load: string;
  readonly prefix: string;
  readonly autoCompact: boolean;
  readonly autoDefrag: boolean;
  readonly duration: string;
}

const rangeOf = (prefix: string): { key: Buffer; range_end: Buffer } => ({
  key: Buffer.from(prefix),
  range_end: Buffer.from(prefixEnd(prefix), 'latin1'),
});

/** Writers of fresh keys; `due` says how many may have begun by now. */
class Writers {
  readonly #session: Session;
  readonly #prefix: string;
  readonly #value = Buffer.alloc(VALUE_BYTES, 'v');
  #next = 0;
  readonly seconds: number[] = [];
  readonly failures: string[] = [];

  constructor(session: Session, prefix: string) {
    this.#session = session;
    this.#prefix = prefix;
  }

  async run(clients: number, allowed: (begun: number) => Promise<boolean>): Promise<void> {
    const { endpoints } = this.#session.flags;
    const connections: EtcdClient[] = [];
    for (let i = 0; i < Math.ceil(clients / CLIENTS_PER_CONNECTION); i++)
      connections.push(await this.#session.clientOf(endpoints[i % endpoints.length]!));
    const write = async (client: EtcdClient): Promise<void> => {
      for (;;) {
        const number = this.#next++;
        if (!(await allowed(number))) return;
        await this.#write(client, number);
      }
    };
    const each = Array.from({ length: clients }, (_, i) =>
      write(connections[i % connections.length]!),
    );
    await Promise.all(each);
  }

  async #write(client: EtcdClient, number: number): Promise<void> {
    const { clock } = this.#session.environment;
    const key = Buffer.from(this.#prefix + String(number).padStart(KEY_BYTES, '0'));
    const began = clock.monotonic();
    try {
      await client.call('etcdserverpb.KV/Put', { key, value: this.#value });
      this.seconds.push((clock.monotonic() - began) / 1000);
    } catch (error) {
      this.failures.push((error as Error).message);
    }
  }
}

function loadOf(flags: CheckFlags): Load {
  const load = loads[loadNames[flags.load] ?? flags.load];
  if (load === undefined) throw unknownValue(`unknown load option ${flags.load}`);
  return load;
}

async function refuseKeys(session: Session, command: string, prefix: string): Promise<void> {
  const client = await session.client();
  const { count } = await client.call('etcdserverpb.KV/Range', { ...rangeOf(prefix), ...NO_KEYS });
  if (count === undefined) return;
  const [keys, remedy] = [JSON.stringify(prefix), `etcdctl del --prefix ${prefix}`];
  throw new Error(`prefix ${keys} has got keys. Delete with ${remedy} first. (${command})`);
}

/** Leaves nothing behind. */
async function tidy(session: Session, flags: CheckFlags): Promise<void> {
  const client = await session.client();
  const answer = await client.call('etcdserverpb.KV/DeleteRange', rangeOf(flags.prefix), {
    endless: true,
  });
  const { revision } = answer['header'] as Plain;
  if (flags.autoCompact) {
    session.print(`Compacting with revision ${numberText(revision)}`);
    const request = { revision: revision as number, physical: true };
    await client.call('etcdserverpb.KV/Compact', request, { endless: true });
    session.print(`Compacted with revision ${numberText(revision)}`);
  }
  if (!flags.autoDefrag) return;
  for (const endpoint of session.flags.endpoints) {
    session.print(`Defragmenting ${JSON.stringify(endpoint)}`);
    const each = await session.clientOf(endpoint);
    await each.call('etcdserverpb.Maintenance/Defragment', {}, { endless: true });
    session.print(`Defragmented ${JSON.stringify(endpoint)}`);
  }
}

async function perf(session: Session, flags: CheckFlags): Promise<void> {
  const load = loadOf(flags);
  await refuseKeys(session, 'check perf', flags.prefix);
  const { clock, context } = session.environment;
  const durationMs = Number(flags.duration) * 1000;
  const writers = new Writers(session, flags.prefix);
  const began = clock.monotonic();
  const allowed = async (begun: number): Promise<boolean> => {
    // Each write has its moment: who comes early waits, who is late does not.
    const momentMs = (begun / load.perSecond) * 1000;
    if (momentMs >= durationMs) return false;
    const early = momentMs - (clock.monotonic() - began);
    // Not woken by a termination: no moment is further away than the clients are many.
    if (early > 0) await sleep(clock, early);
    return !context.terminated.aborted && clock.monotonic() - began < durationMs;
  };
  await writers.run(load.clients, allowed);
  const seconds = (clock.monotonic() - began) / 1000;
  await tidy(session, flags);
  const { lines, passed } = perfVerdict({ ...load, ...writers, elapsedSeconds: seconds });
  for (const line of lines) session.print(line);
  if (!passed) throw new Error('the cluster does not carry the load');
}

async function residentBytes(session: Session): Promise<number> {
  const text = await session.fetchText('/metrics');
  const found = /^process_resident_memory_bytes (.+)$/m.exec(text)?.[1];
  if (found === undefined) throw new Error('the endpoint has no process_resident_memory_bytes');
  return Number(found);
}

async function datascale(session: Session, flags: CheckFlags): Promise<void> {
  const { records, clients } = loadOf(flags);
  await refuseKeys(session, 'check datascale', flags.prefix);
  session.print(
    `Start data scale check for work load [${records} key-value pairs, ${VALUE_BYTES} bytes per ` +
      `key-value, ${clients} concurrent clients].`,
  );
  const before = await residentBytes(session);
  const writers = new Writers(session, flags.prefix);
  const { terminated } = session.environment.context;
  await writers.run(clients, (begun) => Promise.resolve(begun < records && !terminated.aborted));
  const used = Math.max(0, (await residentBytes(session)) - before);
  await tidy(session, flags);
  if (writers.failures.length > 0) throw new Error(`FAIL: ERROR(${writers.failures[0]})`);
  session.print(`PASS: Approximate system memory used : ${(used / 2 ** 20).toFixed(2)} MB.`);
}

export function checkCommand(run: Run): Command {
  const check = new Command('check').description('Whether the cluster carries a load');
  const add = (name: string, text: string, act: typeof perf): void => {
    const seconds = new Option('--duration <seconds>', 'how long to write').default('60');
    check
      .command(name)
      .description(text)
      .option('--load <load>', 's, m, l or xl', 's')
      .option('--prefix <prefix>', 'of the keys written', `/etcdctl-check-${name}/`)
      .option('--auto-compact [bool]', 'compact afterwards', (value) => value !== 'false', false)
      .option('--auto-defrag [bool]', 'defragment afterwards', (value) => value !== 'false', false)
      .addOption(name === 'perf' ? seconds : seconds.hideHelp())
      .action((flags: CheckFlags) => run((session) => act(session, flags)));
  };
  add('perf', 'Write for a minute and judge throughput and latency', perf);
  add('datascale', 'Write many pairs and measure the memory they take', datascale);
  return check;
}
