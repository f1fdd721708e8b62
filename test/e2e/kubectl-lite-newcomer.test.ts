/** What somebody sees who does not know yet: one line each, that says what to do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import { writeKubeconfig } from '../support/kubeconfig.ts';
import { type SecureApi, startSecureApi } from '../support/secure-api.ts';
import { Readable } from 'node:stream';
import type { Terminal } from '../../platform/terminal.ts';
import { runLite, type Said } from '../support/kubectl-lite.ts';

let api: SecureApi;
let folder: string;

beforeAll(async () => {
  api = await startSecureApi();
  folder = await mkdtemp(join(tmpdir(), 'wherry-newcomer-'));
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const say = (line: string, kubeconfig: string | undefined = api.kubeconfig): Promise<Said> =>
  runLite(line.split(' '), { folder, kubeconfig });

function oneLine({ code, out, err }: Said): string {
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  return err;
}

const kubeconfig = async (name: string, more: object): Promise<string> => {
  const path = join(folder, name);
  const text = writeKubeconfig({ name: 'test', server: api.server, ...more });
  await writeFile(path, text.replace('server:', 'insecure-skip-tls-verify: true\n    server:'));
  return path;
};

describe('a newcomer', () => {
  it('without a cluster learns how to start one', async () => {
    const said = await runLite(['get', 'pods'], { folder });
    expect(oneLine(said)).toContain('Start a cluster here with `npx wherry up`');
  });

  it('whose cluster does not run learns how to look', async () => {
    const path = join(folder, 'gone');
    await writeFile(path, writeKubeconfig({ name: 'gone', server: 'https://127.0.0.1:1' }));
    expect(oneLine(await say('get pods', path))).toMatch(/was refused.*npx wherry status/);
  });

  it('with a wrong context learns which there are', async () => {
    const err = oneLine(await say('get pods --context=prod'));
    expect(err).toMatch(/context "prod" does not exist \(contexts: \S+/);
  });

  it('with tabs in YAML learns where, and to use blanks', async () => {
    const path = join(folder, 'tabs.yaml');
    await writeFile(path, 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n');
    const err = oneLine(await say(`apply -f ${path}`));
    expect(err).toMatch(/tabs\.yaml \(document 1, line 1\): yaml: line 4: found a tab/);
    expect(err).toContain('indent with blanks');
  });

  it('without the namespace learns how to make it', async () => {
    const path = join(folder, 'cm.yaml');
    await writeFile(
      path,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n',
    );
    const hint =
      /namespaces "shop" not found \(make it first: kubectl-lite create namespace shop\)/;
    expect(oneLine(await say(`apply -f ${path}`))).toMatch(hint);
    expect(oneLine(await say('create cm a -n shop'))).toMatch(hint);
  });

  it('who is not allowed learns what is', async () => {
    const err = oneLine(await say('get pods --as=jane'));
    expect(err).toMatch(/User "jane" cannot list resource "pods".*auth can-i --list/);
  });

  it('with an expired certificate learns that it is, and when', async () => {
    const hour = 3_600_000;
    const validity = { notBeforeMs: Date.now() - 2 * hour, notAfterMs: Date.now() - hour };
    const ca = realX509.certificateAuthority({ commonName: 'ca' }, validity);
    const leaf = realX509.issue({ subject: { commonName: 'me' }, validity, usage: 'client' }, ca);
    const path = await kubeconfig('expired', { cert: leaf.certificate, key: leaf.privateKey });
    expect(oneLine(await say('get pods', path))).toMatch(
      /has expired at \S+Z: get a new kubeconfig/,
    );
  });

  it('with the kubeconfig of another cluster learns that it is one', async () => {
    const validity = { notBeforeMs: Date.now() - 1000, notAfterMs: Date.now() + 3_600_000 };
    const ca = realX509.certificateAuthority({ commonName: 'other' }, validity);
    const path = join(folder, 'other');
    const config = { name: 'other', server: api.server, ca: ca.certificate };
    await writeFile(path, writeKubeconfig(config));
    expect(oneLine(await say('get pods', path))).toContain('the kubeconfig is of another cluster');
  });

  it('who mistypes is shown what is near', async () => {
    const { err } = await say('gte pods');
    expect(err).toMatch(/unknown command "gte".*Did you mean this\?\s+get/s);
    expect((await say('get pods --outptu=yaml')).err).toMatch(/Did you mean this\?\s+--output/);
  });
});

describe('a newcomer who looks around', () => {
  it('in a namespace that does not exist learns that it does not', async () => {
    const { code, err } = await say('get pods -n nowhere');
    expect({ code, err }).toEqual({
      code: 0,
      err:
        'No resources found in nowhere namespace. ' +
        'There is no such namespace: see kubectl-lite get namespaces\n',
    });
    expect((await say('get pods -n default')).err).toBe(
      'No resources found in default namespace.\n',
    );
  });

  it('who mistypes a resource is shown what is near', async () => {
    expect(oneLine(await say('get deploymets'))).toBe(
      'error: the server doesn\'t have a resource type "deploymets" (did you mean deployments?)\n',
    );
    expect(oneLine(await say('get podz'))).toContain('(did you mean pods?)');
    expect(oneLine(await say('get xyzzy'))).not.toContain('did you mean');
  });

  it('by -v sees each request, and never the token', async () => {
    const lines = (err: string): string[] => err.trimEnd().split('\n');
    const six = lines((await say('get pods -n default -v=6')).err);
    expect(six[0]).toMatch(
      /^I \S+Z "Response" verb="GET" url="https:\S+\/pods\?limit=500" status="200 OK" milliseconds=\d+$/,
    );
    const { err } = await say('get pods -v=9 --token=hidden');
    expect(err).toMatch(/"Request" .*headers=\{.*"user-agent":"kubectl-lite.*/);
    expect(err).toMatch(/"Response Body" body="\{/);
    expect(err).not.toContain('hidden');
    expect((await say('get pods -n default -v=5')).err.split('\n')).toHaveLength(2);
  });
});

describe('credentials of a program', () => {
  const config = (command: string, args: readonly string[]): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'x',
      clusters: [{ name: 'x', cluster: { server: api.server, 'insecure-skip-tls-verify': true } }],
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      users: [
        {
          name: 'x',
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command,
              args,
              env: [{ name: 'ANSWER', value: 'wrong-token' }],
              installHint: 'install it',
              interactiveMode: 'Never',
            },
          },
        },
      ],
    });
  const credential = (status: string): string =>
    `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",${status}}'`;

  it('are asked for, sent, and refused by the server if they are wrong', async () => {
    const path = join(folder, 'exec');
    const answer = credential(`"status":{"token":"'$ANSWER'"}`);
    await writeFile(path, config('sh', ['-c', answer]));
    expect(oneLine(await say('get pods', path))).toContain('Unauthorized');
  });

  it.each([
    [undefined, 'error: interactiveMode must be specified for x to use exec authentication plugin'],
    ['Now', 'error: invalid interactiveMode for x: "Now"'],
    ['Always', 'cannot support interactive mode: standard input is not a terminal'],
  ])('with interactiveMode %s are refused in kubectl’s words', async (mode, says) => {
    const path = join(folder, 'exec-mode');
    const told = JSON.parse(config('false', [])) as { users: [{ user: { exec: object } }] };
    Object.assign(told.users[0].user.exec, { interactiveMode: mode });
    await writeFile(path, JSON.stringify(told));
    expect(oneLine(await say('get pods', path))).toContain(says);
  });

  it('are not typed where the command reads standard input itself', async () => {
    const path = join(folder, 'exec-typed');
    await writeFile(path, config('false', []).replace('Never', 'Always'));
    const terminal: Terminal = {
      isTerminal: true,
      input: () => Readable.from([]),
      makeRaw: () => () => {},
      size: () => undefined,
      onResize: () => () => {},
    };
    for (const line of ['create -f -', 'set env deploy/web -']) {
      const said = await runLite(line.split(' '), { folder, kubeconfig: path, terminal });
      expect(oneLine(said)).toContain(
        'exec plugin cannot support interactive mode: standard input is unavailable: used by ' +
          'stdin resource manifest reader',
      );
    }
  });

  it('are not asked for where the command line or the user has others', async () => {
    const path = join(folder, 'exec-unasked');
    const unasked = config('false', []);
    await writeFile(path, unasked);
    expect(oneLine(await say('get pods --token=other', path))).toContain('Unauthorized');
    await writeFile(join(folder, 'a-token'), 'other');
    await writeFile(path, unasked.replace('"exec":', '"tokenFile":"a-token","exec":'));
    expect(oneLine(await say('get pods', path))).toContain('Unauthorized');
  });

  it('log in with the certificate that the program hands out', async () => {
    const given = await runLite(['config', 'view', '--raw', '-o', 'json'], {
      folder,
      kubeconfig: api.kubeconfig,
    });
    const [{ user }] = (JSON.parse(given.out) as { users: [{ user: Record<string, string> }] })
      .users;
    const pem = (field: string): string =>
      JSON.stringify(Buffer.from(user[field]!, 'base64').toString());
    const status = `"status":{"clientCertificateData":${pem('client-certificate-data')},"clientKeyData":${pem('client-key-data')}}`;
    const path = join(folder, 'exec-cert');
    await writeFile(path, config('printf', ['%s', credential(status).slice(6, -1)]));
    const said = await say('auth whoami -o jsonpath={.status.userInfo.username}', path);
    expect(said).toMatchObject({ code: 0, out: 'kubernetes-admin' });
  });

  it.each([
    ['no-such-program', [], /executable no-such-program not found\s+install it/],
    ['false', [], /executable false failed with exit code 1/],
    ['echo', ['hello'], /it is no ExecCredential/],
    ['sh', ['-c', credential('"status":{}')], /didn't return a token or cert\/key pair/],
  ])('by %s %j are told to be missing', async (command, args, message) => {
    const path = join(folder, 'exec-bad');
    await writeFile(path, config(command, args));
    expect((await say('get pods', path)).err).toMatch(message);
  });
});
