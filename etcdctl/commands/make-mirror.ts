/** make-mirror: keeps another store the same */
import { Command } from 'commander';
import { sleep } from '../../platform/clock.ts';
import type { Plain } from '../../store/grpc/schema/codec.ts';
import { END_OF_KEYSPACE, prefixEnd } from '../../store/kv.ts';
import type { EtcdClient } from '../client.ts';
import type { Run, Session, TlsFlags } from '../session.ts';
import { badArguments } from '../failure.ts';

/** Pairs that are read at once at the start. */
const PAGE = 1000;
/** A transaction of the destination takes so many operations. */
const MAX_TXN_OPS = 128;
const REPORT_MS = 30_000;
const FIRST_KEY = Buffer.from(END_OF_KEYSPACE);

interface MirrorFlags {
  readonly prefix: string;
  readonly destPrefix: string;
  readonly noDestPrefix: boolean;
  readonly destCacert?: string;
  readonly destCert?: string;
  readonly destKey?: string;
}

type Rename = (key: Buffer) => Buffer;

function renaming(flags: MirrorFlags): Rename {
  if (flags.destPrefix === '' && !flags.noDestPrefix) return (key) => key;
  const prefix = Buffer.from(flags.destPrefix);
  const cut = Buffer.byteLength(flags.prefix);
  return (key) => Buffer.concat([prefix, key.subarray(cut)]);
}

class Mirror {
  readonly #source: EtcdClient;
  readonly #target: EtcdClient;
  readonly #rename: Rename;
  copied = 0;

  constructor(source: EtcdClient, target: EtcdClient, rename: Rename) {
    this.#source = source;
    this.#target = target;
    this.#rename = rename;
  }

  /** Copies what is there, as it was at one revision; that revision. */
  async copy(range: { readonly key: Buffer; readonly range_end: Buffer }): Promise<number> {
    let [key, revision] = [range.key, 0];
    for (;;) {
      const page = { ...range, key, revision, limit: PAGE };
      const answer = await this.#source.call('etcdserverpb.KV/Range', page);
      revision ||= (answer['header'] as Plain)['revision'] as number;
      const kvs = (answer['kvs'] ?? []) as Plain[];
      for (let i = 0; i < kvs.length; i += MAX_TXN_OPS)
        await this.#write(kvs.slice(i, i + MAX_TXN_OPS).map((kv) => this.#put(kv)));
      if (answer['more'] !== true) return revision;
      key = Buffer.concat([kvs[kvs.length - 1]!['key'] as Buffer, Buffer.from([0])]);
    }
  }

  /** Follows until it is left. What was one revision there is one here. */
  async follow(range: Plain, revision: number, until: AbortSignal): Promise<void> {
    const create = { ...range, start_revision: revision + 1 };
    const requests = [{ create_request: create }];
    const watch = 'etcdserverpb.Watch/Watch';
    for await (const answer of this.#source.stream(watch, requests, until)) {
      if (answer['canceled'] === true) {
        const reason = answer['cancel_reason'] as string | undefined;
        throw new Error(reason ?? 'etcdserver: mvcc: required revision has been compacted');
      }
      let group: Plain[] = [];
      let main: unknown;
      for (const event of (answer['events'] ?? []) as Plain[]) {
        const { kv } = event as { kv: Plain };
        if (kv['mod_revision'] !== main) {
          await this.#write(group);
          group = [];
          main = kv['mod_revision'];
        }
        group.push(event['type'] === 1 ? this.#delete(kv) : this.#put(kv));
      }
      await this.#write(group);
    }
  }

  #put(kv: Plain): Plain {
    const key = this.#rename(kv['key'] as Buffer);
    return { request_put: { key, value: kv['value'] ?? Buffer.alloc(0) } };
  }

  #delete(kv: Plain): Plain {
    return { request_delete_range: { key: this.#rename(kv['key'] as Buffer) } };
  }

  async #write(operations: readonly Plain[]): Promise<void> {
    if (operations.length === 0) return;
    await this.#target.call('etcdserverpb.KV/Txn', { success: operations });
    this.copied += operations.length;
  }
}

async function mirror(session: Session, destination: string, flags: MirrorFlags): Promise<void> {
  if (flags.destPrefix !== '' && flags.noDestPrefix)
    throw badArguments(
      '`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one',
    );
  const { destCacert, destCert, destKey } = flags;
  const tls: TlsFlags = {
    ...(destCacert === undefined ? {} : { cacert: destCacert }),
    ...(destCert === undefined ? {} : { cert: destCert }),
    ...(destKey === undefined ? {} : { key: destKey }),
  };
  const target = await session.foreign(destination, tls);
  const source = await session.client();
  const { terminated } = session.environment.context;
  const range =
    flags.prefix === ''
      ? { key: FIRST_KEY, range_end: FIRST_KEY }
      : {
          key: Buffer.from(flags.prefix),
          range_end: Buffer.from(prefixEnd(Buffer.from(flags.prefix).toString('latin1')), 'latin1'),
        };
  const copy = new Mirror(source, target, renaming(flags));
  const reports = async (): Promise<void> => {
    for (;;) {
      await sleep(session.environment.clock, REPORT_MS, terminated);
      session.print(String(copy.copied));
      if (terminated.aborted) return;
    }
  };
  const reporting = reports();
  await copy.follow(range, await copy.copy(range), terminated);
  await reporting;
}

export function makeMirrorCommand(run: Run): Command {
  return new Command('make-mirror')
    .argument('<destination>')
    .description('Copy pairs to another store, and every change from then on')
    .option('--prefix <prefix>', 'of the keys to copy', '')
    .option('--dest-prefix <prefix>', 'that stands in its place there', '')
    .option('--no-dest-prefix', 'leave the prefix out there')
    .option('--dest-cacert <file>', "CA of the destination's certificate")
    .option('--dest-cert <file>', 'certificate of this client there')
    .option('--dest-key <file>', 'its key')
    .option('--dest-insecure-transport [bool]', 'taken for scripts: the scheme of the URL decides')
    .action((destination: string, flags: Record<string, unknown>) =>
      run((session) => mirror(session, destination, mirrorFlags(flags))),
    );
}

/** `--no-dest-prefix` and `--dest-prefix` are one option to commander. */
function mirrorFlags(flags: Record<string, unknown>): MirrorFlags {
  const noDestPrefix = flags['destPrefix'] === false;
  const destPrefix = noDestPrefix ? '' : (flags['destPrefix'] as string);
  return { ...(flags as unknown as MirrorFlags), noDestPrefix, destPrefix };
}
