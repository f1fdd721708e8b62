import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../../platform/metrics/metrics.ts';
import { metricsText } from '../../../platform/metrics/text.ts';
import { TestApi } from '../../../test/support/api-core.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { kinds } from '../../registry/kinds/index.ts';
import { AdmissionMetrics } from '../admission-metrics.ts';
import { PodSecurity } from './pod-security.ts';
import { privilegedPolicy } from './policy.ts';

let namespaces = 0;
let name: string;
const api = new TestApi(kinds);
beforeEach(() => {
  name = `n${namespaces++}`;
});
afterAll(() => api.stop());

const label = (mode: string) => `pod-security.kubernetes.io/${mode}`;

const namespace = (labels: Record<string, string>, server = api) =>
  server.call('POST', '/api/v1/namespaces', { body: { metadata: { name, labels } } });

const relabel = (labels: Record<string, string>) =>
  api.call('PATCH', `/api/v1/namespaces/${name}`, {
    type: 'application/merge-patch+json',
    body: { metadata: { labels } },
  });

const podSpec = (more: object = {}) => ({ containers: [{ name: 'a', image: 'i' }], ...more });

const create = (spec: object, pod = 'p', server = api) =>
  server.call('POST', `/api/v1/namespaces/${name}/pods`, {
    body: { metadata: { name: pod }, spec },
  });

const deploy = (spec: object) => {
  const labels = { app: 'a' };
  return api.call('POST', `/apis/apps/v1/namespaces/${name}/deployments`, {
    body: {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
  });
};

describe('PodSecurity', () => {
  it('refuses pods that break what the namespace enforces', async () => {
    await namespace({ [label('enforce')]: 'baseline' });
    const { code, body } = await create(podSpec({ hostPID: true }));
    expect([code, body.message]).toEqual([
      403,
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": ' +
        'host namespaces (hostPID=true)',
    ]);
    expect((await create(podSpec())).code).toBe(201);
  });

  it('names the version that counts', async () => {
    await namespace({ [label('enforce')]: 'restricted', [label('enforce-version')]: 'v1.7' });
    const { body } = await create(podSpec({ securityContext: { runAsNonRoot: false } }));
    expect(body.message).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:v1.7": ' +
        'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)',
    );
  });

  it('warns without refusing', async () => {
    await namespace({ [label('warn')]: 'baseline' });
    const { code, headers } = await create(podSpec({ hostPID: true }));
    expect(code).toBe(201);
    expect(headers['warning']).toBe(
      '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostPID=true)"',
    );
  });

  it('warns about what makes pods, and lets it be', async () => {
    await namespace({ [label('enforce')]: 'baseline' });
    const { code, headers } = await deploy(podSpec({ hostNetwork: true }));
    expect(code).toBe(201);
    expect(headers['warning']).toBe(
      '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostNetwork=true)"',
    );
  });

  it('says nothing where nothing is asked for', async () => {
    await namespace({});
    expect((await create(podSpec({ hostPID: true }))).headers['warning']).toBeUndefined();
    expect((await deploy(podSpec({ hostPID: true }))).headers['warning']).toBeUndefined();
  });

  it('judges changes of images, and no others', async () => {
    await namespace({});
    await create(podSpec({ hostPID: true }));
    await relabel({ [label('enforce')]: 'baseline' });
    const patch = (body: object) =>
      api.call('PATCH', `/api/v1/namespaces/${name}/pods/p`, {
        type: 'application/strategic-merge-patch+json',
        body,
      });
    expect((await patch({ metadata: { labels: { a: 'b' } } })).code).toBe(200);
    const { code, body } = await patch({ spec: { containers: [{ name: 'a', image: 'j' }] } });
    expect([code, body.message]).toEqual([
      403,
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": ' +
        'host namespaces (hostPID=true)',
    ]);
  });

  it('refuses labels that say nothing, but puts up with old ones', async () => {
    const { code, body } = await namespace({ [label('enforce')]: 'strict' });
    expect([code, body.message]).toEqual([
      422,
      `Namespace "${name}" is invalid: metadata.labels[${label('enforce')}]: ` +
        'Invalid value: "strict": must be one of privileged, baseline, restricted',
    ]);
    await namespace({});
    expect((await relabel({ [label('warn-version')]: '1.30' })).code).toBe(422);
    expect((await relabel({ other: 'label' })).code).toBe(200);
  });

  it('tells which pods a stricter policy would refuse', async () => {
    await namespace({});
    await create(podSpec({ hostPID: true }), 'b');
    await create(podSpec({ hostPID: true }), 'a');
    await create(podSpec({ hostNetwork: true, hostPID: true }), 'c');
    await create({
      containers: [{ name: 'a', image: 'i', securityContext: { privileged: true } }],
    });
    const { code, headers } = await relabel({ [label('enforce')]: 'baseline' });
    expect(code).toBe(200);
    expect(headers['warning']?.split(', 299 - ').map((text) => text.replace('299 - ', ''))).toEqual(
      [
        `"existing pods in namespace \\"${name}\\" violate the new PodSecurity enforce level ` +
          '\\"baseline:latest\\""',
        '"a (and 2 other pods): host namespaces"',
        '"p: privileged"',
      ],
    );
    // Nothing new: the same policy, a laxer one.
    expect((await relabel({ a: 'b' })).headers['warning']).toBeUndefined();
    expect((await relabel({ [label('enforce')]: 'privileged' })).headers['warning']).toBe(
      undefined,
    );
  });

  it('leaves the exempt alone', async () => {
    const exempting = new TestApi(kinds, undefined, {
      admission: (lookups) => [
        new PodSecurity(lookups, {
          defaults: { ...privilegedPolicy, enforce: { level: 'baseline', minor: 30 } },
          exemptions: { usernames: [], runtimeClasses: ['vm'], namespaces: ['free'] },
        }),
      ],
    });
    await namespace({}, exempting);
    const bad = podSpec({ hostPID: true });
    expect((await create(bad, 'p', exempting)).body.message).toContain('"baseline:v1.30"');
    const inVm = { ...bad, runtimeClassName: 'vm' };
    expect((await create(inVm, 'p', exempting)).code).toBe(201);
    name = 'free';
    const { headers } = await namespace({ [label('enforce')]: 'restricted' }, exempting);
    expect(headers['warning']).toBe(
      '299 - "namespace \\"free\\" is exempt from Pod Security, and the policy ' +
        '(enforce=restricted:v1.30) will be ignored"',
    );
    expect((await create(bad, 'p', exempting)).code).toBe(201);
    await exempting.stop();
  });

  it('counts what it judges, as kube-apiserver does', async () => {
    const metrics = new Metrics();
    const counted = new TestApi(kinds, undefined, {
      admission: (lookups) => [
        new PodSecurity(
          { ...lookups, metrics: new AdmissionMetrics(metrics, new FakeClock()) },
          {
            defaults: privilegedPolicy,
            exemptions: { usernames: [], runtimeClasses: [], namespaces: ['free'] },
          },
        ),
      ],
    });
    const bad = podSpec({ hostPID: true });
    await namespace({}, counted);
    await create(bad, 'p', counted);
    name = 'judged';
    const later = { [label('enforce')]: 'baseline', [label('enforce-version')]: 'v1.99' };
    const both = { [label('audit')]: 'restricted', [label('audit-version')]: 'v1.30' };
    await namespace({ ...later, ...both, [label('warn')]: 'baseline' }, counted);
    await create(bad, 'p', counted);
    await create(podSpec(), 'q', counted);
    name = 'free';
    await namespace({}, counted);
    await create(bad, 'p', counted);
    const lines = metricsText(metrics).split('\n');
    const shown = (family: string) =>
      lines
        .filter((line) => line.startsWith(`pod_security_${family}_total{`) && !line.endsWith(' 0'))
        .sort();
    const evaluation = (decision: string, mode: string, [level, version]: string[]) =>
      `pod_security_evaluations_total{decision="${decision}",policy_level="${level}",` +
      `policy_version="${version}",mode="${mode}",request_operation="create",resource="pod",subresource=""}`;
    expect(shown('evaluations')).toEqual([
      `${evaluation('allow', 'enforce', ['baseline', 'future'])} 1`,
      `${evaluation('allow', 'enforce', ['privileged', 'latest'])} 1`,
      `${evaluation('deny', 'enforce', ['baseline', 'future'])} 1`,
      `${evaluation('deny', 'audit', ['restricted', 'v1.30'])} 2`,
    ]);
    expect(shown('exemptions')).toEqual([
      'pod_security_exemptions_total{request_operation="create",resource="pod",subresource=""} 1',
    ]);
    await counted.stop();
  });
});
