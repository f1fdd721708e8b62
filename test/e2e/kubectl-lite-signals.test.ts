/** A signal ends kubectl-lite, whatever it is at: scripts have time limits, people Ctrl-C. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually, kubectlLiteMain, temporaryFolder } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let created: number;

const configMaps = {
  resource: 'configmaps',
  responseKind: { group: '', version: 'v1', kind: 'ConfigMap' },
  scope: 'Namespaced',
  singularResource: 'configmap',
  verbs: ['create'],
};
const core = { metadata: { name: '' }, versions: [{ version: 'v1', resources: [configMaps] }] };
const discovery = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' };
const answers: Readonly<Record<string, object>> = {
  '/api': { ...discovery, items: [core] },
  '/apis': { ...discovery, items: [] },
};

/** Knows ConfigMaps, and creates whatever it is sent. */
beforeEach(async () => {
  folder = await temporaryFolder();
  created = 0;
  server = createServer((request, response) => {
    request.resume();
    if (request.method === 'POST') created++;
    const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'c' } };
    const answer = request.method === 'POST' ? object : answers[request.url!.split('?')[0]!];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await folder.remove();
});

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)(
  '%s ends what creates many objects',
  async (signal, code) => {
    const manifest = join(folder.path, 'many.yaml');
    const one = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: default}\n';
    await writeFile(manifest, one.repeat(20_000));
    const { port } = server.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}`;
    const args = ['create', '--validate=false', '-f', manifest, '--server', address];
    await writeFile(join(folder.path, 'kubeconfig'), '{}');
    const child = spawn(process.execPath, [kubectlLiteMain, ...args], {
      stdio: 'ignore',
      env: { ...process.env, KUBECONFIG: join(folder.path, 'kubeconfig') },
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      await eventually('its requests', () => Promise.resolve(created > 20));
      child.kill(signal);
      expect(await ended).toBe(code);
      expect(created).toBeLessThan(20_000);
    } finally {
      child.kill('SIGKILL');
    }
  },
  60_000,
);
