/** exec, attach and logs of simulated pods by stock kubectl. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connectionOf, loadKubeconfig } from '../../client/kubeconfig-connection.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { run, succeed, temporaryFolder, TestCluster, tool } from './harness.ts';

const kubectl = tool('kubectl');
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: green }
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    wherry.io/log-interval-seconds: '0.2'
    wherry.io/exec: '[{ command: nginx -t, stderr: "syntax is ok\\n", exitCode: 5 }]'
spec:
  volumes: [{ name: settings, configMap: { name: settings } }]
  containers:
    - name: web
      image: nginx:1.27
      env: [{ name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]
      volumeMounts: [{ name: settings, mountPath: /etc/settings }]
`;

beforeAll(async () => {
  if (kubectl === undefined) return;
  folder = await temporaryFolder();
  cluster = await TestCluster.up(join(folder.path, 'data'), ['--nodes', '1']);
  await succeed(kubectl, ['apply', '-f', '-'], { env: cluster.env, input: manifests });
  await succeed(kubectl, ['wait', '--for=condition=Ready', 'pod/web', '--timeout=60s'], {
    env: cluster.env,
  });
}, 60_000);
afterAll(async () => {
  await cluster?.stop();
  await folder?.remove();
});

const exec = (...words: string[]) =>
  run(kubectl!, ['exec', 'web', '--', ...words], { env: cluster.env });

describe.skipIf(kubectl === undefined)('kubectl, towards a simulated pod,', () => {
  it('runs commands', async () => {
    expect(await exec('cat', '/etc/settings/colour')).toMatchObject({ code: 0, stdout: 'green' });
    expect(await exec('printenv', 'NODE', 'KUBERNETES_SERVICE_HOST')).toMatchObject({
      code: 0,
      stdout: 'node1\n10.96.0.1\n',
    });
    const token = '/var/run/secrets/kubernetes.io/serviceaccount/token';
    expect((await exec('cat', token)).stdout.split('.')).toHaveLength(3);
    expect(await exec('sh', '-c', 'echo $(hostname); exit 3')).toEqual({
      ...{ code: 3, stdout: 'web\n' },
      stderr: 'command terminated with exit code 3\n',
    });
  });

  it('hears of programs that are not there', async () => {
    const { code, stderr } = await exec('curl', 'localhost');
    expect(code).toBe(1);
    expect(stderr).toContain('exec: "curl": executable file not found in $PATH');
    const inShell = await exec('sh', '-c', 'curl localhost');
    expect(inShell).toMatchObject({ code: 127 });
    expect(inShell.stderr).toContain('sh: curl: not found');
  });

  it('gets the answers that the pod declares', async () => {
    expect(await exec('nginx', '-t')).toEqual({
      ...{ code: 5, stdout: '' },
      stderr: 'syntax is ok\ncommand terminated with exit code 5\n',
    });
  });

  it('talks to a shell', async () => {
    const lines = 'cd /etc/settings\ncat colour\n';
    const { stdout } = await run(kubectl!, ['exec', '-i', 'web', '--', 'sh'], {
      ...{ env: cluster.env, input: lines },
    });
    expect(stdout).toBe('green');
  });

  it('talks to a shell in a terminal', async () => {
    if (tool('script') === undefined) return;
    const command = `${kubectl} exec -it web -- sh`;
    const { stdout } = await run('script', ['-qec', command, '/dev/null'], {
      ...{ env: { ...cluster.env, TERM: 'xterm' }, input: 'hostname\rexit\r' },
    });
    // What is typed ahead is shown when it comes, before or after the prompt.
    expect(stdout).toMatch(/hostname\r\n(.*\r\n)?web\r\n\/ # /);
  });

  it('copies files to and from it', async () => {
    const local = join(folder.path, 'site');
    await mkdir(join(local, 'css'), { recursive: true });
    await writeFile(join(local, 'index.html'), '<p>hello</p>\n');
    await writeFile(join(local, 'css', 'x.css'), 'p {}\n');
    const cp = (from: string, to: string) => succeed(kubectl!, ['cp', from, to], cluster);
    await cp(local, 'web:/tmp/site');
    expect(await exec('cat', '/tmp/site/css/x.css')).toMatchObject({ stdout: 'p {}\n' });
    await cp('web:/tmp/site', join(folder.path, 'back'));
    expect(await readFile(join(folder.path, 'back', 'index.html'), 'utf8')).toBe('<p>hello</p>\n');
    await cp('web:/etc/settings/colour', join(folder.path, 'colour'));
    expect(await readFile(join(folder.path, 'colour'), 'utf8')).toBe('green');
    const { code, stderr } = await run(kubectl!, ['cp', local, 'web:/etc/settings/x'], cluster);
    expect(code).toBe(1);
    expect(stderr).toContain('tar: Read-only file system');
  });

  it.each([
    ['binary.k8s.io', (data: Buffer) => data.toString()],
    ['base64.binary.k8s.io', (data: Buffer) => Buffer.from(data.toString(), 'base64').toString()],
  ])('gives its log over a WebSocket, too: %s', async (protocol, textOf) => {
    const config = await loadKubeconfig(realDisk, [cluster.env['KUBECONFIG']!]);
    const { baseUrl, ca, cert, key } = await connectionOf(realDisk, config);
    const pem = (bytes?: Uint8Array): Buffer => Buffer.from(bytes ?? []);
    const url = `${baseUrl.replace('https', 'wss')}/api/v1/namespaces/default/pods/web/log?tailLines=2`;
    const tls = { ca: pem(ca), cert: pem(cert), key: pem(key) };
    const socket = new WebSocket(url, [protocol], tls);
    let text = '';
    socket.on('message', (data: Buffer) => (text += textOf(data)));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(/^(hollow container web.*\n){2}$/);
    expect(socket.protocol).toBe(protocol);
  });

  it('debugs it by a container of its own', async () => {
    const words = ['debug', 'web', '-i', '-c', 'look', '--image=busybox', '--', 'sh'];
    const { stdout } = await run(kubectl!, words, {
      ...{ env: cluster.env, input: 'hostname\nexit 4\n' },
    });
    expect(stdout).toBe('web\n');
    const path = '{.status.ephemeralContainerStatuses[0].state.terminated.exitCode}';
    const wait = ['wait', 'pod/web', `--for=jsonpath=${path}=4`, '--timeout=30s'];
    await succeed(kubectl!, wait, { env: cluster.env });
  });

  it('sees lines as they come when it attaches', async () => {
    const env = { ...process.env, ...cluster.env };
    const child = spawn(kubectl!, ['attach', 'web'], { env });
    let text = '';
    try {
      await new Promise<void>((resolve, reject) => {
        child.once('exit', () => reject(new Error(`it ended: ${text}`)));
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (/line \d+\n.*line \d+\n/s.test(text)) resolve();
        });
      });
    } finally {
      child.removeAllListeners('exit');
      child.kill();
    }
    expect(text).toMatch(/^hollow container web: line \d+\n/);
  });
});
