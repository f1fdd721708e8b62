import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { transcripts } from './side-by-side.ts';

const role = (name: string, rules: string, subject: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${name}}
rules:
${rules}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ${name}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${name}}
subjects:
- {kind: User, name: ${subject}, apiGroup: rbac.authorization.k8s.io}
`;

const keyless = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const request = execFileSync(
  'openssl',
  ['req', '-new', ...keyless, '-keyout', '/dev/null', '-subj', '/CN=jane'],
  { stdio: ['ignore', 'pipe', 'ignore'] },
).toString('base64');

const csr = (name: string): string => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: ${name}}
spec: {request: ${request}, signerName: example.com/x, usages: [client auth]}
`;

transcripts('who may do what', (transcript) => {
  const { both, piped, each, file } = transcript;
  it.each([
    ['auth whoami'],
    ['auth whoami -o yaml'],
    ['auth whoami --as=jane --as-group=dev'],
    ['auth can-i'],
    ['auth can-i get'],
    ['auth can-i get pods'],
    ['auth can-i get pods/log'],
    ['auth can-i get deployment/web --subresource=scale'],
    ['auth can-i get nothings'],
    ['auth can-i zap pods'],
    ['auth can-i get nodes'],
    ['auth can-i get /healthz'],
    ['auth can-i create deployments.apps -A'],
    ['auth can-i get pods -q'],
    ['auth can-i --list'],
    ['auth can-i --list --no-headers'],
    ['auth can-i --list pods'],
    ['create token'],
    ['create token none'],
    ['create token x --duration=-1s'],
    ['create token x --duration=0.5s'],
    ['create token x --bound-object-kind=Foo --bound-object-name=d'],
    ['create token x --bound-object-name=d'],
    ['create token x --bound-object-kind=Pod'],
    ['certificate approve'],
    ['certificate deny none'],
    ['auth reconcile'],
  ])('%s', async (line) => {
    await both(...line.split(' '));
  });

  it('acts for whom the kubeconfig names, and flags name others', async () => {
    const acting = '    as: jane\n    as-uid: j-1\n    as-groups: [dev, ops]\n';
    const extra = '    as-user-extra: {Example.com/Scope: [a b, c]}\n';
    const config = transcript.cluster.kubeconfig.replace(/^ {2}user:\n/m, `$&${acting}${extra}`);
    expect(config).toContain(acting);
    await file('acting', config);
    const whoami = ['--kubeconfig={folder}/acting', 'auth', 'whoami'];
    const { out } = await both(...whoami);
    expect(out).toContain('jane');
    await both(...whoami, '--as=joe', '--as-group=qa');
    await both(...whoami, '--as=joe', '--as-group=qa', '--as-group=,a,b');
  });

  it('reconciles roles: what is missing is added, what is extra goes only when asked', async () => {
    const first = "- {apiGroups: [''], resources: [pods, services], verbs: [get, list]}";
    const second = "- {apiGroups: [''], resources: [pods], verbs: [get, watch]}";
    for (const program of ['kube', 'lite']) {
      await file(`first-ns-${program}`, role(`reader-ns-${program}`, first, 'jane'));
      await file(`second-ns-${program}`, role(`reader-ns-${program}`, second, 'joe'));
    }
    const reconcile = (which: string, ...more: string[]) =>
      both('auth', 'reconcile', '-f', `{folder}/${which}-{namespace}`, ...more);
    await reconcile('first');
    await reconcile('first');
    await reconcile('second', '--dry-run=client');
    await reconcile('second');
    await reconcile('second', '--remove-extra-subjects', '--remove-extra-permissions');
    await both('get', 'clusterrolebinding', 'reader-{namespace}', '-o', 'jsonpath={.subjects}');
    const set = (...flags: string[]) =>
      both('set', 'subject', 'clusterrolebinding', 'reader-{namespace}', ...flags);
    await set('--user=a,b', '--group=g', '--serviceaccount=x:y');
    await set('--user=a');
    await set();
    await set('--serviceaccount=x');
    await set('--user=z', '--dry-run=client', '-o', 'name');
    await both('set', 'subject', 'ns', 'default', '--user=a');
  });

  it('approves and denies certificate requests', async () => {
    await both('get', 'csr');
    for (const program of ['kube', 'lite']) {
      await file(`csr-ns-${program}`, csr(`ns-${program}-yes`) + '---' + csr(`ns-${program}-no`));
    }
    await both('apply', '-f', '{folder}/csr-{namespace}');
    await both('certificate', 'approve', '{namespace}-yes');
    await both('certificate', 'approve', '{namespace}-yes');
    await both('certificate', 'deny', '{namespace}-no', '-o', 'name');
    await both('certificate', 'approve', '{namespace}-no');
    await piped(csr('{namespace}-third'), 'certificate', 'approve', '-f', '-');
  });

  it('tells its version', async () => {
    const { kubectl, lite } = await each('version');
    expect(kubectl.code).toBe(lite.code);
    const server = /Server Version: .*/;
    expect(server.exec(lite.out)?.[0]).toBe(server.exec(kubectl.out)?.[0]);
    expect(lite.out).toMatch(/^Client Version: v1\.34.*\nKustomize Version: v5\..*\n/);
    await both('cluster-info');
  });
});
