import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realDisk } from '../platform/node/files/disk.ts';
import type { ProcessContext } from '../platform/node/process.ts';
import { runWherry } from './cli.ts';
import { clusterPaths } from './paths.ts';
import { type RunState, writeRunState } from './run-state.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function wherry(line: string): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const context: Partial<ProcessContext> = {
    argv: line.split(' ').filter((word) => word !== ''),
    env: { WHERRY_DATA_DIR: folder },
    out: (text) => (out += String(text)),
    err: (text) => (err += String(text)),
    terminated: new AbortController().signal,
  };
  return { code: await runWherry(context as ProcessContext), out, err };
}

it.each([
  ['etcdctl vers', 'etcdctl version: 3.6.0\nAPI version: 3.6\n'],
  ['etcdctl version --hex=true', 'etcdctl version: 3.6.0\nAPI version: 3.6\n'],
])('`wherry %s` leaves the words to etcdctl’s parser', async (line, answer) => {
  expect(await wherry(line)).toEqual({ code: 0, out: answer, err: '' });
});

it.each(['', '--help', 'etcdctl', 'help'])('`wherry %s` prints help', async (line) => {
  const { code, out, err } = await wherry(line);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^Usage: wherry /);
});

describe('a refusal names what was meant, and where to read on', () => {
  it.each([
    ['stat', "unknown command 'stat'", 'status'],
    ['snapshot sav', "unknown command 'sav'", 'save'],
    ['up --node 5', "unknown option '--node'", '--nodes'],
    ['apiserver --etcd-server x', "unknown option '--etcd-server'", '--etcd-servers'],
    ['start', "unknown command 'start'", 'up'],
    ['stop', "unknown command 'stop'", 'down'],
    ['get pods -A', "unknown command 'get'", 'kubectl get'],
  ])('%s', async (line, says, meant) => {
    const { err, ...rest } = await wherry(line);
    expect(rest).toEqual({ code: 1, out: '' });
    expect(err.startsWith(`error: ${says}\n(Did you mean ${meant}?)\nSee 'wherry`)).toBe(true);
    expect(err).toMatch(/^See 'wherry( up| snapshot| apiserver)? --help' for usage\.$/m);
  });

  it.each([
    ['gibberish', "error: unknown command 'gibberish'", 'wherry'],
    ['up more', "error: too many arguments for 'up'. Expected 0 arguments but got 1.", 'wherry up'],
    ['assets', "error: missing required argument 'folder'", 'wherry assets'],
    [
      'scheduler --leader-elect=x',
      "error: option '--leader-elect [bool]' argument 'x' is invalid. It must be true or false.",
      'wherry scheduler',
    ],
    ['apiserver', "error: required option '--etcd-servers <urls>' not specified"],
  ])('%s', async (line, says, path = `wherry ${line}`) => {
    const err = `${says}\nSee '${path} --help' for usage.\n`;
    expect(await wherry(line)).toEqual({ code: 1, out: '', err });
  });
});

describe('wherry etcdctl', () => {
  // What etcdctl 3.4 ends with.
  it.each([
    ['get', 128, "Error: missing required argument 'key'\nSee 'wherry etcdctl get --help'"],
    ['txn x', 128, "Error: too many arguments for 'txn'. Expected 0 arguments but got 1.\nSee"],
    ['lease grant x', 128, 'Error: bad TTL (strconv.ParseInt: parsing "x": invalid syntax)\n'],
    ['watch', 128, 'Error: bad number of arguments\n'],
    ['get a --order x', 4, 'Error: bad sort order x\n'],
    ['-w x get a', 4, "Error: option '-w, --write-out <format>' argument 'x' is invalid."],
    ['compaction x', 1, 'Error: strconv.ParseInt: parsing "x": invalid syntax\n'],
    ['gett', 1, "Error: unknown command 'gett'\n(Did you mean get?)\nSee 'wherry etcdctl --help'"],
    ['get --foo', 1, "Error: unknown option '--foo'\nSee 'wherry etcdctl get --help' for usage.\n"],
  ])('%s ends with %i', async (line, code, says) => {
    const { err, ...rest } = await wherry(`etcdctl ${line}`);
    expect(rest).toEqual({ code, out: '' });
    expect(err).toContain(says);
    expect(err.indexOf(says)).toBe(0);
  });

  it('goes to the store of the cluster here, if one runs', async () => {
    const line = 'etcdctl --command-timeout=5s get a';
    const component = { pid: process.pid, startedAt: 0, restarts: 0, ready: true };
    const state: RunState = {
      ...{ mode: 'embedded', pid: process.pid, startedAt: 0, server: 'https://127.0.0.1:1' },
      components: [
        { ...component, name: 'store', address: 'http://127.0.0.1:1' },
        { ...component, name: 'apiserver', address: 'https://127.0.0.1:2' },
      ],
    };
    await writeRunState(realDisk, clusterPaths(folder), state);
    const { code, err } = await wherry(line);
    expect(code).toBe(1);
    expect(err).toContain('no store answers at http://127.0.0.1:1 ');
    expect((await wherry('etcdctl --help')).out).toContain('(default: http://127.0.0.1:1,');
  });
});
