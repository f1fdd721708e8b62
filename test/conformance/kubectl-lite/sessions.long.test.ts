/** What flows between a terminal and containers, where containers are real processes. */
import { once } from 'node:events';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { freePorts } from '../../../platform/node/net/free-ports.ts';
import { behindProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { transcripts } from './side-by-side.ts';

const pods = `
apiVersion: v1
kind: Pod
metadata: {name: talker, labels: {app: talker}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: none
    command: [sh, -c, 'echo one; echo two; echo three; sleep 1000']
  - name: side
    image: none
    command: [sh, -c, 'echo beside >&2; sleep 1000']
---
apiVersion: v1
kind: Pod
metadata: {name: over}
spec:
  restartPolicy: Never
  containers:
  - {name: c, image: none, command: [sh, -c, 'for i in 1 2 3 4 5; do echo line $i; done']}
---
apiVersion: v1
kind: Pod
metadata: {name: ends}
spec:
  restartPolicy: Never
  containers:
  - {name: c, image: none, command: [sh, -c, 'echo first; sleep 3; echo last']}
---
apiVersion: v1
kind: Pod
metadata: {name: server}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: c
    image: none
    ports: [{containerPort: 80}]
    readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}
    command:
    - node
    - -e
    - |
      require('net').createServer({allowHalfOpen: true}, (socket) => {
        let asked = '';
        // Whoever has heard enough breaks off: the next one is to be served, too.
        socket.on('error', () => {});
        socket.on('data', (data) => {
          asked += data;
          if (asked === '?') socket.end('served\\n');
        });
        socket.on('end', () => socket.end('asked for ' + asked.length));
      }).listen(process.env.PORT);
---
apiVersion: v1
kind: Pod
metadata: {name: echo}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: c, image: none, stdin: true, stdinOnce: true, command: [cat]}
`;

/** All that a server says before it closes. `end`: it is told that nothing more comes. */
function ask(port: number, question = '?', end = false): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(question);
      if (end) socket.end();
    });
    socket
      .on('data', (data) => (text += data.toString()))
      .on('end', () => resolve(text))
      .on('error', reject);
  });
}

transcripts(
  'sessions with containers',
  (transcript) => {
    const { file, both, says, piped, each, lite, session } = transcript;

    it('sets the scene', { timeout: 60_000 }, async () => {
      await file('pods.yaml', pods);
      await both('create', '-f', 'pods.yaml');
      const running = '--for=jsonpath={.status.phase}=Running';
      await both('wait', running, 'pod/talker', 'pod/echo', '--timeout=30s');
      await both('wait', '--for=condition=Ready', 'pod/server', '--timeout=30s');
      await both('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/over', '--timeout=30s');
    });

    it.each([
      ['logs over'],
      ['logs -f over'],
      ['logs -f ends'],
      ['logs over --tail=2'],
      ['logs over --limit-bytes=8'],
      ['logs over -c none'],
      ['logs over --previous'],
      ['logs talker'],
      ['logs talker -c side'],
      ['logs -l app=talker -c main'],
      ['exec talker -c main -- echo hello'],
      ['exec talker -- echo hello'],
      ["exec talker -c main -- sh -c 'echo out; echo err >&2; exit 3'"],
      ["exec talker -c side -- sh -c 'exit 0'"],
      ['exec talker -c main -- no-such-program'],
      ['exec talker -c none -- ls'],
      ['exec over -- ls'],
      ['exec -t talker -c main -- echo hello'],
      ['attach over'],
      ['attach talker -c none'],
    ])('%s', async (line) => {
      await says(line);
    });

    /** kubectl keeps its requests in a Go map, so its containers come in any order. */
    it.each([['logs talker --all-containers'], ['logs talker --all-containers --prefix']])(
      '%s',
      async (line) => {
        const words = line.split(' ');
        const { kubectl, lite: ours } = await each(...words);
        const prefix = (container: string) => `[pod/talker/${container}] `;
        const shown = words.includes('--prefix') ? prefix : () => '';
        const main = ['one', 'two', 'three'].map((text) => `${shown('main')}${text}\n`).join('');
        const side = `${shown('side')}beside\n`;
        expect(ours).toEqual({ code: 0, out: main + side, err: '' });
        expect([main + side, side + main]).toContain(kubectl.out);
        expect([kubectl.code, kubectl.err]).toEqual([0, '']);
      },
    );

    it('passes input on', async () => {
      await piped('typed\n', 'exec', '-i', 'talker', '-c', 'main', '--', 'cat');
      await piped('typed\n', 'exec', '-i', 'talker', '-c', 'main', '--', 'wc', '-c');
      await piped('typed\n', 'attach', '-i', 'echo', '-q');
    });

    it.each([
      [
        'run a --image=none --attach --restart=Never --rm -q --command -- sh -c "sleep 4; echo hi; sleep 2"',
      ],
      [
        'run b --image=none --attach --restart=Never --rm --command -- sh -c "sleep 4; echo hi; sleep 2; exit 4"',
      ],
      ['run c --image=none --rm --restart=Never'],
      ['run d --image=none -t'],
      ['run e --image=none -i --dry-run=client'],
      ['run f --image=none --port=x'],
      ['run g --image=none -it --overrides={"spec":{"hostname":"h"}} --dry-run=client -o yaml'],
      ['run h --image=none --overrides=[] --override-type=odd --dry-run=client -o yaml'],
    ])('%s', async (line) => {
      await says(line);
    });

    it('runs with input', async () => {
      const line = 'run i --image=none -i --restart=Never --rm -q --command -- cat'.split(' ');
      await piped('typed\n', ...line);
    });

    it.each([
      ['debug'],
      ['debug talker'],
      ['debug none --image=x'],
      ['debug talker --image=x --copy-to=y --target=main'],
      ['debug talker --image=x --same-node'],
      ['debug talker --image=x --profile=odd'],
      ['debug talker -t --image=x'],
      ['debug talker --copy-to=y'],
      ['debug deploy/none --image=x'],
      ['debug talker -c eph --image=x --profile=general -- sh -c ls'],
      ['debug talker -c eph2 --image=x --profile=restricted --target=main --env=A=b'],
      ['debug talker -c eph3 --image=x --arguments-only -- a b'],
      ['debug talker --copy-to=copy1 --set-image=*=y --profile=baseline'],
      ['debug talker --copy-to=copy2 -c main --profile=general -- sh'],
      ['debug talker --copy-to=copy3 -c new --image=z --same-node --share-processes=false'],
      ['debug talker --copy-to=copy4 -c new --image=z --profile=sysadmin --keep-labels -q'],
    ])('%s', async (line) => {
      await says(line);
    });

    it('leaves the pods that kubectl leaves', async () => {
      const specs = '-o=jsonpath={.spec.ephemeralContainers}';
      await both('get', 'pod', 'talker', specs);
      for (const copy of ['copy1', 'copy2', 'copy3', 'copy4']) {
        const shown =
          '{.metadata.labels} {.spec.containers[*].image} {.spec.containers[*].command}';
        const more = ' {.spec.containers[*].securityContext} {.spec.shareProcessNamespace}';
        await both('get', 'pod', copy, `-o=jsonpath=${shown}${more}`);
      }
    });

    it('debugs nodes', async () => {
      const { kubectl, lite: ours } = await each(
        'debug',
        'node/node1',
        '--image=x',
        '--profile=general',
      );
      const evened = (text: string) => text.replaceAll(/node1-[a-z0-9]{5}/g, 'node1-RANDO');
      expect(evened(ours.out)).toBe(evened(kubectl.out));
      expect([ours.err, ours.code]).toEqual([kubectl.err, kubectl.code]);
      const spec = '{.items[*].spec.hostPID} {.items[*].spec.volumes[?(@.name=="host-root")]}';
      await both('get', 'pod', `-o=jsonpath=${spec}`);
    });

    it('forwards ports', async () => {
      const said = await session(
        ['port-forward', 'server', ':80'],
        /Forwarding from 127\.0\.0\.1:(\d+)/,
        async ([, port]) => {
          expect(await ask(Number(port))).toBe('served\n');
        },
      );
      expect(said.lite).toBe(said.kubectl);
    });

    it('forwards the end of a question, and still the answer', async () => {
      const question = 'long '.repeat(100_000);
      const said = await session(
        ['port-forward', 'server', ':80'],
        /Forwarding from 127\.0\.0\.1:(\d+)/,
        async ([, port]) => {
          expect(await ask(Number(port), question, true)).toBe('asked for 500000');
        },
      );
      expect(said.lite).toBe(said.kubectl);
    });

    it.each([
      ['port-forward server'],
      ['port-forward server :none'],
      ['port-forward server x:80'],
      ['port-forward server 70000:80'],
      ['port-forward server 80000'],
      ['port-forward server :0'],
      ['port-forward server 8080:'],
      ['port-forward server :80 --address=nowhere'],
      ['port-forward server :80 --address=203.0.113.77'],
      ['port-forward over :80 --pod-running-timeout=1s'],
      ['port-forward none :80'],
      ['port-forward svc/none :80'],
      ['port-forward deploy/none :80'],
    ])('%s', async (line) => {
      await says(line);
    });

    it('says which port is taken', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      try {
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        await both('port-forward', 'server', `${port}:80`, '--address=127.0.0.1');
      } finally {
        server.close();
      }
    });

    it('ends when nobody in the pod listens', async () => {
      const [port] = await freePorts('127.0.0.1', 1);
      let over = false;
      const running = each('port-forward', 'talker', `${port}:9`).finally(() => (over = true));
      // First to the one, then to the other, once it listens.
      while (!over) await ask(port!).catch(() => setTimeout(20));
      const { kubectl, lite: ours } = await running;
      const last = ({ err, code }: { err: string; code: number }) => [
        err.trimEnd().split('\n').at(-1),
        code,
      ];
      expect(last(ours)).toEqual(last(kubectl));
      expect(ours.err).toContain(`an error occurred forwarding ${port} -> 9: `);
    });

    it('serves the API, and files beside it', async () => {
      const said = await session(
        ['proxy', '--port=0', '--www={folder}', '--www-prefix=/files/'],
        /Starting to serve on 127\.0\.0\.1:(\d+)/,
        async ([, port]) => {
          const at = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
          expect(await (await at('/version')).json()).toMatchObject({ major: '1' });
          expect(await (await at('/files/pods.yaml')).text()).toBe(pods);
          expect((await at('/files/none')).status).toBe(404);
          expect((await at('/files/../../etc/passwd')).status).toBe(404);
        },
      );
      expect(said.lite).toBe(said.kubectl);
    });

    it('serves commands and ports of pods through the proxy, too', async () => {
      const said = await session(
        ['proxy', '--port=0', '--disable-filter'],
        /Starting to serve on 127\.0\.0\.1:(\d+)/,
        async ([, port]) => {
          const server = `--server=http://127.0.0.1:${port}`;
          const exec = 'exec -i talker -c main -- cat'.split(' ');
          await piped('typed\n', server, ...exec);
          await both(server, 'exec', 'talker', '-c', 'main', '--', 'sh', '-c', 'exit 3');
          await both(server, 'exec', 'talker', '-c', 'none', '--', 'ls');
          const forward = [server, 'port-forward', 'server', ':80'];
          await session(forward, /Forwarding from 127\.0\.0\.1:(\d+)/, async ([, local]) => {
            expect(await ask(Number(local))).toBe('served\n');
          });
        },
      );
      expect(said.lite).toBe(said.kubectl);
    });

    it('keeps commands from those who reach the proxy, unless it is told to', async () => {
      const said = await session(
        ['proxy', '--port=0'],
        /Starting to serve on 127\.0\.0\.1:(\d+)/,
        async ([, port]) => {
          const server = `--server=http://127.0.0.1:${port}`;
          await both(server, 'exec', 'talker', '-c', 'main', '--', 'ls');
        },
      );
      expect(said.lite).toBe(said.kubectl);
    });

    it('goes through a proxy', async () => {
      const proxy = await startConnectProxy();
      try {
        await file('proxied', behindProxy(transcript.cluster.kubeconfig, proxy.url));
        const exec = 'exec -i talker -c main -- cat'.split(' ');
        await piped('typed\n', '--kubeconfig={folder}/proxied', ...exec);
        // Of each: one for questions, one for the session.
        expect(proxy.targets.length).toBeGreaterThanOrEqual(4);
      } finally {
        await proxy.stop();
      }
    });

    it('copies files', { timeout: 180_000 }, async () => {
      await file('ns-kube/a/one.txt', 'one');
      await file('ns-lite/a/one.txt', 'one');
      const there = (await lite('exec', 'talker', '-c', 'main', '--', 'pwd')).out.trim();
      expect(there).not.toBe('');
      await both('cp', '{own}/a', `talker:${there}/{namespace}`, '-c', 'main');
      await both('cp', `talker:${there}/{namespace}/one.txt`, '{own}/back.txt', '-c', 'main');
      await both('exec', 'talker', '-c', 'main', '--', 'cat', `${there}/{namespace}/one.txt`);
      await both('cp', '{own}/none', 'talker:/tmp', '-c', 'main');
      const made = async (line: string) =>
        both(
          'exec',
          'talker',
          '-c',
          'main',
          '--',
          'sh',
          '-c',
          `cd ${there}/{namespace} && ${line}`,
        );
      // Into a folder that is there, with modes, links and empty folders.
      for (const own of ['ns-kube', 'ns-lite']) {
        await file(`${own}/b/run.sh`, '#!/bin/sh');
        const at = dirname(await file(`${own}/b/secret`, 'x'));
        await chmod(join(at, 'run.sh'), 0o755);
        await chmod(join(at, 'secret'), 0o600);
        await symlink('run.sh', join(at, 'link'));
        await symlink(`${'deep/'.repeat(30)}none`, join(at, 'far'));
        await mkdir(join(at, 'empty'), { mode: 0o700 });
      }
      await both('cp', '{own}/b', `talker:${there}/{namespace}`, '-c', 'main');
      await both('cp', '{own}/b/run.sh', `talker:${there}/{namespace}/new.sh`, '-c', 'main');
      await both('cp', '{own}/b', `talker:${there}/{namespace}/c/`, '-c', 'main', '--no-preserve');
      await made('find . | sort | xargs stat -c "%a %F %N"');
      // Back again, where links are told of.
      await both('cp', `talker:${there}/{namespace}/b`, '{own}/back', '-c', 'main');
      await both('cp', `talker:${there}/{namespace}/b`, '{own}/back/more', '-c', 'main');
      await both('cp', '{own}/back', `talker:${there}/{namespace}/again`, '-c', 'main');
      await made('find again | sort');
      // kubectl ends with 2 or with 0, and has told all of it or not, as its threads come first.
      const none = await each('cp', 'talker:/no/such/file', '{own}/x', '-c', 'main');
      const reasons = none.kubectl.out.replaceAll(/^\S*tar: Removing leading .*\n/gm, '');
      expect(none.lite.out.startsWith(reasons)).toBe(true);
      expect(none.lite.out).toMatch(/tar: \/no\/such\/file: Cannot stat: .*\n.*tar: Exiting/);
      expect(none.lite.err).toBe('command terminated with exit code 2\n');
      expect(none.lite.code).toBe(2);
    });
  },
  { nodes: 1, runtime: 'process' },
);
