/** Words of kubectl, kind, minikube and k3d that people try here, and what they are called. */
const words: Readonly<Record<string, string>> = {
  start: 'up',
  run: 'up',
  stop: 'down',
  destroy: 'reset',
  clean: 'reset',
  ps: 'status',
  list: 'status',
  backup: 'snapshot save',
  save: 'snapshot save',
  restore: 'snapshot restore',
  etcd: 'store',
  server: 'apiserver',
  'kube-apiserver': 'apiserver',
  'kube-controller-manager': 'controllers',
  'kube-scheduler': 'scheduler',
  'kubectl-lite': 'kubectl',
};

const ofKubectl = [
  ...['get', 'describe', 'apply', 'create', 'delete', 'edit', 'patch', 'replace', 'scale', 'diff'],
  ...['exec', 'attach', 'cp', 'port-forward', 'proxy', 'rollout', 'set', 'label', 'annotate'],
  ...['expose', 'explain', 'wait', 'top', 'events', 'cordon', 'uncordon', 'drain', 'taint', 'auth'],
  ...['config', 'cluster-info', 'api-resources', 'kustomize', 'debug', 'why', 'tree', 'history'],
];

/** What somebody who typed `word` meant, if that is no misspelling but another tool's word. */
export function meantBy(word: string): string | undefined {
  if (ofKubectl.includes(word)) return `kubectl ${word}`;
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
