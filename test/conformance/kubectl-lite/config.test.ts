import { expect, it } from 'vitest';
import { behindProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { transcripts } from './side-by-side.ts';

/** Every field there is. */
const whole = `
apiVersion: v1
kind: Config
current-context: c
preferences: {colors: true}
clusters:
- name: c
  cluster: {server: "https://x", tls-server-name: t, insecure-skip-tls-verify: true, certificate-authority: /a, certificate-authority-data: YQ==, proxy-url: "http://p:1", disable-compression: true, extensions: [{name: e, extension: {b: 1, a: 2}}]}
contexts:
- name: c
  context: {namespace: ns, user: u, cluster: c}
- name: a
  context: {user: u, cluster: c}
users:
- name: u
  user: {client-certificate: /a, client-certificate-data: YQ==, client-key: /b, client-key-data: Yg==, token: t, tokenFile: /f, as: me, as-uid: "1", as-groups: [g], as-user-extra: {z: [yy], a: [b]}, username: u, password: p, auth-provider: {name: nm, config: {z: yy, a: b}}, exec: {command: c, args: [a], env: [{name: nm, value: v}], apiVersion: client.authentication.k8s.io/v1, installHint: h, provideClusterInfo: true, interactiveMode: Never}}
`;

transcripts('kubeconfig files', (transcript) => {
  const { both, each, file } = transcript;
  const config = (line: string) => both(...`config --kubeconfig={own}.conf ${line}`.split(' '));

  it('reads the cluster it is connected to', async () => {
    for (const line of [
      'view',
      'view -o json',
      'view --minify',
      'get-contexts',
      'current-context',
    ]) {
      await both('config', ...line.split(' '));
    }
    await file('ca.pem', 'certificate');
  });

  it('goes through a proxy', async () => {
    const proxy = await startConnectProxy();
    try {
      const { kubeconfig } = transcript.cluster;
      await file('proxied', behindProxy(kubeconfig, proxy.url));
      await both('--kubeconfig={folder}/proxied', 'get', 'namespaces', '-o', 'name');
      const tunnels = [...proxy.targets];
      expect(tunnels.length).toBeGreaterThanOrEqual(2);
      const [target] = tunnels;
      expect(kubeconfig).toContain(`https://${target}`);
      expect(new Set(tunnels).size).toBe(1);
      await file('refused', behindProxy(kubeconfig, proxy.url.replace(/\/\/.*@/, '//')));
      const { kubectl, lite } = await each('--kubeconfig={folder}/refused', 'get', 'namespaces');
      expect([kubectl.code, lite.code]).toEqual([1, 1]);
      expect(kubectl.err).toContain(
        'Unable to connect to the server: Proxy Authentication Required',
      );
      expect(lite.err).toMatch(
        /^Unable to connect to the server: the proxy .* 407 Proxy Auth.*\n$/,
      );
      expect(proxy.targets).toEqual(tunnels);
    } finally {
      await proxy.stop();
    }
  });

  it('tells JSON in the order of its types', async () => {
    await file('whole.yaml', whole);
    for (const output of ['json', 'yaml', 'jsonpath={.clusters}', 'jsonpath-as-json={.users}']) {
      await both('config', '--kubeconfig', 'whole.yaml', 'view', '-o', output);
    }
    await both('config', '--kubeconfig={own}.none', 'view', '-o', 'json');
  });

  it.each([
    ['current-context'],
    ['get-contexts'],
    ['set-cluster dev --server=https://dev:6443'],
    ['set-cluster dev --insecure-skip-tls-verify=true'],
    ['get-clusters'],
    ['set-cluster prod --server=https://prod --tls-server-name=kube'],
    ['set-credentials jane --token=secret'],
    ['set-credentials joe --username=joe --password=secret'],
    ['set-credentials joe --token=t --username=x'],
    [
      'set-credentials robot --exec-command=login --exec-api-version=client.authentication.k8s.io/v1',
    ],
    ['set-credentials robot --exec-arg=a --exec-arg=b --exec-env=X=y'],
    ['set-context dev --cluster=dev --user=jane'],
    ['set-context dev --user=joe'],
    ['set-context'],
    ['set-context prod --cluster=prod --user=joe'],
    ['set-context --current --user=x'],
    ['use-context dev'],
    ['use-context none'],
    ['set-context --current --user=jane'],
    ['get-contexts'],
    ['get-contexts dev'],
    ['get-contexts none'],
    ['get-contexts -o name'],
    ['get-contexts --no-headers'],
    ['get-users'],
    ['current-context'],
    ['view'],
    ['view --minify'],
    ['view --raw'],
    ['view -o jsonpath={.users[*].name}'],
    ['rename-context dev new'],
    ['rename-context none x'],
    ['rename-context prod new'],
    ['set clusters.dev.server https://other'],
    ['set contexts.new.namespace kube-system'],
    ['set users.jane.client-key-data a2V5'],
    ['set users.jane.client-certificate-data a2\nV5\r\n'],
    ['view --raw -o jsonpath={.users}'],
    ['set current-context prod'],
    ['unset contexts.new.namespace'],
    ['unset users.joe'],
    ['unset current-context'],
    ['use-context prod'],
    ['delete-context prod'],
    ['delete-context none'],
    ['delete-cluster dev'],
    ['delete-user robot'],
    ['delete-user robot'],
    ['view --raw'],
  ])('config %s', async (line) => {
    await config(line);
  });
});
