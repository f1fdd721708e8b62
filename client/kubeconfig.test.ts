import { describe, expect, it } from 'vitest';
import type { Disk } from '../platform/files/disk.ts';
import { impersonationHeaders } from './impersonation.ts';
import { connectionOf, loadKubeconfig } from './kubeconfig-connection.ts';
import { parseKubeconfig } from './kubeconfig-text.ts';
import { mergeKubeconfigs } from './kubeconfig.ts';

const diskOf = (files: Record<string, string>): Disk =>
  ({
    read: async (path: string) => (path in files ? Buffer.from(files[path]!) : undefined),
  }) as unknown as Disk;

const text = `
apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c
  cluster: {server: "https://h:6443", certificate-authority: ca.pem, tls-server-name: kubernetes}
- name: lax
  cluster: {server: "https://l:1", insecure-skip-tls-verify: true}
users:
- name: u
  user: {client-certificate-data: Q0VSVA==, client-key: /keys/k.pem}
- name: t
  user: {token: abc}
- name: e
  user: {exec: {command: aws}}
- name: other
  user: {token: abc, as: jane, as-groups: [dev, ops], as-user-extra: {Example.com/Scope: [a b]}}
contexts:
- name: one
  context: {cluster: c, user: u, namespace: here}
- name: two
  context: {cluster: lax, user: t}
- name: cloud
  context: {cluster: c, user: e}
- name: acting
  context: {cluster: c, user: other}
- name: broken
  context: {cluster: nowhere}
`;
const files = { '/home/config': text, '/home/ca.pem': 'CA', '/keys/k.pem': 'KEY' };
const disk = diskOf(files);
const config = parseKubeconfig(text, '/home/config');

describe('a kubeconfig', () => {
  it('resolves its current context, files relative to its own folder', async () => {
    expect(await connectionOf(disk, config)).toEqual({
      baseUrl: 'https://h:6443',
      ca: Buffer.from('CA'),
      cert: Buffer.from('CERT'),
      key: Buffer.from('KEY'),
      serverName: 'kubernetes',
      namespace: 'here',
    });
  });

  it('resolves another context, and flags win', async () => {
    expect(await connectionOf(disk, config, { context: 'two', namespace: 'n' })).toEqual({
      baseUrl: 'https://l:1',
      token: 'abc',
      insecureSkipVerify: true,
      namespace: 'n',
    });
  });

  it.each([
    ['cloud', 'credentials of type "exec" are not supported'],
    ['three', 'context "three" does not exist (contexts: one, two, cloud, acting, broken)'],
    ['acting', 'users who act for others (as: jane) are not supported'],
    ['broken', 'cluster "nowhere" does not exist'],
  ])('refuses context %s clearly', async (context, message) => {
    await expect(connectionOf(disk, config, { context })).rejects.toThrow(message);
  });

  it('says for whom its user acts, to those who send that', async () => {
    const found = await connectionOf(disk, config, { context: 'acting', impersonates: true });
    expect(impersonationHeaders(found.impersonation ?? {})).toEqual({
      'impersonate-user': 'jane',
      'impersonate-group': 'dev\nops',
      'impersonate-extra-example.com%2fscope': 'a b',
    });
    const plain = await connectionOf(disk, config, { context: 'two', impersonates: true });
    expect(impersonationHeaders(plain.impersonation ?? {})).toEqual({});
  });

  it('says what is missing', async () => {
    const without = diskOf({ '/home/config': text });
    await expect(connectionOf(without, config)).rejects.toThrow(
      'unable to read certificate-authority /home/ca.pem',
    );
    await expect(loadKubeconfig(disk, ['/nowhere'])).rejects.toThrow('stat /nowhere: no such file');
    await expect(connectionOf(disk, mergeKubeconfigs([]))).rejects.toThrow('Missing or incomplete');
    expect(() => parseKubeconfig('a: [', '/f')).toThrow(
      'error loading config file "/f": yaml: line',
    );
    expect(() => parseKubeconfig('kind: Pod', '/f')).toThrow('no kind "Pod" is known');
  });

  it('merges files: the first to name something wins, those that are missing are skipped', async () => {
    const other = `
current-context: two
clusters: [{name: c, cluster: {server: "https://other:1"}}, {name: d, cluster: {server: "https://d:1"}}]
`;
    const both = diskOf({ ...files, '/other': other });
    const merged = await loadKubeconfig(both, ['/missing', '/home/config', '/other']);
    expect(merged.currentContext).toBe('one');
    expect(merged.clusters.get('c')?.value.server).toBe('https://h:6443');
    expect(merged.clusters.get('d')?.value.server).toBe('https://d:1');
  });
});
