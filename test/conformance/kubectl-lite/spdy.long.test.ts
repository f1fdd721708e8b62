/** exec, attach, cp and port-forward where no WebSockets are spoken, or nobody may use them. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: talker}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: main, image: none, command: [sh, -c, 'sleep 1000']}
  - {name: echo, image: none, stdin: true, stdinOnce: true, command: [cat]}
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
      require('net').createServer((socket) => {
        socket.on('error', () => {});
        socket.end('served');
      }).listen(process.env.PORT, '127.0.0.1');
`;

transcripts(
  'sessions over SPDY',
  ({ says, piped, both, file, session, lite, variable }) => {
    it('sets the scene', { timeout: 60_000 }, async () => {
      await file('pods.yaml', manifest);
      await both('apply', '-f', 'pods.yaml');
      await both('wait', '--for=condition=Ready', 'pod/talker', 'pod/server', '--timeout=30s');
      await says('create role runner --verb=create --resource=pods/exec,pods/portforward');
      await says('create role reader --verb=get --resource=pods');
      await says('create rolebinding runner --role=runner --user=jane');
      await says('create rolebinding reader --role=reader --user=jane');
    });

    it.each([
      // The right to create is that of SPDY; WebSockets take the right to get.
      ['auth can-i get pods/exec --as=jane'],
      ['exec talker -c main --as=jane -- echo allowed'],
    ])('%s', async (line) => {
      await says(line);
    });

    it('is what is left without WebSockets', () => {
      variable('KUBECTL_REMOTE_COMMAND_WEBSOCKETS', 'false');
      variable('KUBECTL_PORT_FORWARD_WEBSOCKETS', 'false');
    });

    it.each([
      ['exec talker -c main -- echo hello'],
      ["exec talker -c main -- sh -c 'echo out; echo err >&2; exit 3'"],
      ["exec talker -c main -- sh -c 'yes | head -n 200000'"],
      ['exec talker -c main -- no-such-program'],
      ['exec talker -c none -- ls'],
      ['exec none -- ls'],
      ['exec -t talker -c main -- echo hello'],
      ['attach talker -c none'],
      ['port-forward none 0:80'],
    ])('%s', async (line) => {
      await says(line);
    });

    it('passes input on, and its end', async () => {
      await piped('typed\n', 'exec', '-i', 'talker', '-c', 'main', '--', 'wc', '-c');
      await piped('x'.repeat(500_000), 'exec', '-i', 'talker', '-c', 'main', '--', 'wc', '-c');
      await piped('typed\n', 'attach', '-i', 'talker', '-c', 'echo', '-q');
    });

    it('copies files', async () => {
      await file('ns-kube/a/one.txt', 'one');
      await file('ns-lite/a/one.txt', 'one');
      const there = (await lite('exec', 'talker', '-c', 'main', '--', 'pwd')).out.trim();
      await both('cp', '{own}/a', `talker:${there}/{namespace}`, '-c', 'main');
      await both('cp', `talker:${there}/{namespace}/one.txt`, '{own}/back.txt', '-c', 'main');
    });

    it('forwards ports, one connection after the other', async () => {
      const said = await session(
        ['port-forward', 'server', ':80'],
        /Forwarding from 127\.0\.0\.1:(\d+)/,
        async ([, port]) => {
          for (let times = 0; times < 3; times++) {
            expect(await text(connect(Number(port), '127.0.0.1'))).toBe('served');
          }
        },
      );
      expect(said.lite).toBe(said.kubectl);
    });
  },
  { nodes: 1, runtime: 'process' },
);
