/** What hangs, for each cause that a newcomer meets: `why` names it and says what to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLite } from '../support/kubectl-lite.ts';
import { LiteCluster } from '../support/lite-cluster.ts';

let lite: LiteCluster;
beforeAll(async () => {
  lite = await LiteCluster.start();
});
afterAll(() => lite.stop());

const say: LiteCluster['say'] = (line, typed) => lite.say(line, typed);
const ok = (line: string, input = ''): Promise<string> => lite.ok(line, { input });

/** Asks until the cause is told, and then for the advice beside it. */
async function because(line: string, cause: RegExp, advice: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const { out } = await say(line);
    if (cause.test(out) || attempt === 100) {
      expect(out, line).toMatch(cause);
      expect(out, line).toContain(advice);
      return;
    }
    await sleep(100);
  }
}

interface PodText {
  readonly spec?: object;
  readonly container?: object;
  readonly annotations?: object;
  readonly namespace?: string;
}

const workload = (name: string, { spec, container, annotations, namespace }: PodText): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: namespace ?? 'default' },
    spec: {
      progressDeadlineSeconds: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: annotations ?? {} },
        spec: { containers: [{ name: 'main', image: 'x', ...container }], ...spec },
      },
    },
  });

const apply = (name: string, pod: PodText): Promise<string> =>
  ok('apply -f -', workload(name, pod));

describe('a rollout that hangs', () => {
  it('on a node that nobody labelled', async () => {
    await apply('picky', { spec: { nodeSelector: { disk: 'ssd' } } });
    const cause = /Pod\/picky-\S+: no node has the labels of its nodeSelector, disk=ssd/;
    await because('why deploy picky', cause, '→ kubectl-lite label node NODE disk=ssd');
    await because('why deploy picky', /timed out progressing/, 'kubectl-lite rollout undo');
  });

  it('on a claim whose class does not exist', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'fast' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
      },
    };
    await ok('apply -f -', JSON.stringify(claim));
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'fast' } }];
    await apply('stateful', { spec: { volumes } });
    const cause = /Claim\/fast: the StorageClass "fast" does not exist \(there are: standard\)/;
    await because('why deploy stateful', cause, '→ make that class, or make the claim anew');
    await because('why pvc fast', cause, '→ make that class, or make the claim anew');
  });

  it('on a readiness probe', async () => {
    const readinessProbe = { httpGet: { path: '/healthz', port: 8080 } };
    const annotations = { 'wherry.io/ready-seconds': '1000' };
    await apply('slow', { container: { readinessProbe }, annotations });
    const cause = /is not ready: its readiness probe \(http-get http:\/\/:8080\/healthz\) has not/;
    await because('why deploy slow', cause, '→ see that it answers there');
    await ok('expose deploy slow --port=80');
    await because(
      'why svc slow',
      /none of the 1 pods that it selects is ready/,
      '→ kubectl-lite why pod slow-',
    );
  });

  it('on an image that cannot be pulled', async () => {
    // Nobody answers for this node, so what is said of the pod stays.
    await apply('typo', { spec: { nodeName: 'elsewhere' } });
    await because('get pods -l app=typo -o name', /^pod\/typo-/, '');
    const { out } = await say('get pods -l app=typo -o name');
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' };
    const state = { name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0 };
    const patch = JSON.stringify({
      status: { containerStatuses: [{ ...state, state: { waiting } }] },
    });
    const words = ['patch', out.trim(), '--subresource=status', '-p', patch];
    expect(await runLite(words, lite)).toMatchObject({ code: 0 });
    const cause = /container main waits: ImagePullBackOff: Back-off pulling image "x"/;
    await because('why deploy typo', cause, '→ check the name of the image and its tag');
    await because('why deploy typo', /its node elsewhere does not exist/, '');
  });

  it('on admission, told once however many pods were refused', async () => {
    await ok('create namespace strict');
    await ok('label namespace strict pod-security.kubernetes.io/enforce=restricted');
    await apply('careless', { namespace: 'strict' });
    const cause = /ReplicaFailure is True \(FailedCreate\): .* violates PodSecurity/;
    await because('why deploy careless -n strict', cause, '→ do in its securityContext what');
    const { out } = await say('why deploy careless -n strict');
    expect(out.match(/violates PodSecurity/g)).toHaveLength(1);
  });
});

describe('what does not go', () => {
  it('a pod that a budget keeps on a drained node', async () => {
    await apply('precious', {});
    await ok('rollout status deploy/precious --timeout=20s');
    await ok('create pdb precious --selector=app=precious --min-available=1');
    const cause = /no pod of it may be evicted now: 1 have to be healthy, and 1 of 1 are/;
    await because('why pdb precious', cause, '→ run more replicas, or let it allow');
    const { out: node } = await say(
      'get pods -l app=precious -o jsonpath={.items[0].spec.nodeName}',
    );
    await ok(`cordon ${node}`);
    const held = /the PodDisruptionBudget precious keeps Pod\/precious-\S+ on it/;
    await because(`why node ${node}`, held, '→ kubectl-lite why pdb precious -n default');
    await ok(`uncordon ${node}`);
  });

  it('an object with a finalizer, and its namespace', async () => {
    await ok('create namespace doomed');
    await ok('create cm held -n doomed');
    await ok('patch cm held -n doomed -p {"metadata":{"finalizers":["example.com/hold"]}}');
    await ok('delete namespace doomed --wait=false');
    const remaining = /NamespaceFinalizersRemaining is True .*example\.com\/hold/;
    await because('why namespace doomed', remaining, '→ ask why of what is left');
    const held = /being deleted since \S+, held by the finalizers example\.com\/hold/;
    await because('why cm held -n doomed', held, 'kubectl-lite patch configmap held -n doomed');
  });
});

describe('where nobody answers', () => {
  it('a Service that selects nothing', async () => {
    await ok('create service clusterip lonely --tcp=80');
    const cause = /its selector app=lonely matches no pod/;
    await because('why svc lonely', cause, '→ compare it with the pods');
  });

  it('an Ingress of a Service, or class, that does not exist', async () => {
    await ok('create ingress front --class=nginx --rule=a/=absent:80');
    await because('why ingress front', /leads to the Service "absent", which does not exist/, '');
    await because('why ingress front', /IngressClass "nginx" does not exist/, '→ install');
  });
});
