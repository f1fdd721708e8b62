import { it } from 'vitest';
import { transcripts } from './side-by-side.ts';

transcripts('kubeconfig files', ({ both, file }) => {
  const config = (line: string) => both(...`config --kubeconfig={own}.conf ${line}`.split(' '));

  it('reads the cluster it is connected to', async () => {
    for (const line of ['view', 'view --minify', 'get-contexts', 'current-context']) {
      await both('config', ...line.split(' '));
    }
    await file('ca.pem', 'certificate');
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
