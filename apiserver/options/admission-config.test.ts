import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { AdmissionAttributes } from '../admission/admission.ts';
import { EventRateLimit } from '../admission/event-rate-limit.ts';
import { enabledPlugins } from '../admission/plugins.ts';
import { readAdmissionConfiguration } from './admission-config.ts';

const files = (contents: Readonly<Record<string, string>>) => ({
  read: (_flag: string, path: string) => Promise.resolve(contents[path] ?? ''),
  runs: undefined,
  parsed: <T>(_flag: string, path: string, parse: (text: string) => T) =>
    Promise.resolve().then(() => parse(contents[path] ?? '')),
});
const HEAD = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n';
const CONFIGURED = [
  ...['PodSecurity', 'EventRateLimit', 'PodNodeSelector', 'PodTolerationRestriction'],
  ...['ResourceQuota', 'ImagePolicyWebhook', 'ValidatingAdmissionWebhook'],
];
const enabled = enabledPlugins({ enable: CONFIGURED, disable: [] });
const read = (
  plugins: string,
  more: Readonly<Record<string, string>> = {},
  on: readonly { readonly name: string }[] = enabled,
) =>
  readAdmissionConfiguration('/etc/a.yaml', files({ '/etc/a.yaml': HEAD + plugins, ...more }), on);

const SECURITY = `
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline, enforce-version: v1.30, warn: restricted}
    exemptions: {usernames: [root], runtimeClasses: [], namespaces: [kube-system]}
`;
const LIMITS = `
apiVersion: eventratelimit.admission.k8s.io/v1alpha1
kind: Configuration
limits:
- {type: Namespace, qps: 1, burst: 2, cacheSize: 2}
`;

const IMAGES = `
- name: ImagePolicyWebhook
  configuration:
    imagePolicy: {kubeConfigFile: /etc/k, allowTTL: 30, denyTTL: -1, retryBackoff: 10, defaultAllow: true}
`;

describe('the configuration of admission plugins', () => {
  it('tells PodSecurity its defaults and exemptions', async () => {
    expect((await read(SECURITY)).podSecurity).toEqual({
      defaults: {
        enforce: { level: 'baseline', minor: 30 },
        audit: { level: 'privileged', minor: Infinity },
        warn: { level: 'restricted', minor: Infinity },
      },
      exemptions: { usernames: ['root'], runtimeClasses: [], namespaces: ['kube-system'] },
    });
  });

  it('tells as whom webhooks are called, by where they are', async () => {
    const users = await read(
      `- name: ValidatingAdmissionWebhook
  configuration:
    apiVersion: apiserver.config.k8s.io/v1
    kind: WebhookAdmissionConfiguration
    kubeConfigFile: /etc/k/config
`,
      {
        '/etc/k/config': `
apiVersion: v1
kind: Config
users:
- {name: a.b.svc, user: {token: usual}}
- {name: 'a.b.svc:8443', user: {tokenFile: file}}
- {name: '*.b.svc', user: {username: u, password: p}}
- {name: cert.example.com, user: {client-certificate: c.crt, client-key-data: a2V5}}
- {name: other, user: {token: other}}
contexts: [{name: x, context: {user: other}}]
current-context: x
`,
        '/etc/k/file': 'filed\n',
        '/etc/k/c.crt': 'cert',
      },
    );
    const userOf = users.validatingUsers!;
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    expect(userOf('a.b.svc:443')).toEqual(bearer('usual'));
    expect(userOf('a.b.svc:8443')).toEqual(bearer('filed'));
    expect(userOf('c.b.svc:443')).toEqual({ headers: { authorization: 'Basic dTpw' } });
    expect(userOf('cert.example.com:443')).toEqual({
      headers: {},
      client: { certificate: 'cert', privateKey: 'key' },
    });
    expect(userOf('elsewhere:443')).toEqual(bearer('other'));
    expect(users.mutatingUsers).toBe(undefined);
  });

  it('tells which nodes the pods of a namespace may ask for', async () => {
    const { nodeSelectors } = await read(`- name: PodNodeSelector
  configuration:
    podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: a=b, one: c=d}
`);
    expect(nodeSelectors).toEqual({
      clusterDefault: 'a=b',
      byNamespace: new Map([['one', 'c=d']]),
    });
  });

  it('tells what pods tolerate, and may tolerate', async () => {
    const { tolerations } = await read(`- name: PodTolerationRestriction
  configuration:
    apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1
    kind: Configuration
    default: [{key: a, operator: Exists}]
`);
    expect(tolerations).toEqual({ default: [{ key: 'a', operator: 'Exists' }], whitelist: [] });
  });

  it('may stand in files of their own, beside it', async () => {
    const plugins = '- {name: EventRateLimit, path: limits.yaml}\n';
    const { eventLimits } = await read(plugins, { '/etc/limits.yaml': LIMITS });
    expect(eventLimits).toEqual([{ type: 'Namespace', qps: 1, burst: 2, cacheSize: 2 }]);
  });

  it('tells ImagePolicyWebhook whom to ask, and for how long answers hold', async () => {
    const kubeconfig = `
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: https://images.example.com/policy}}]
users: [{name: u, user: {token: t}}]
`;
    expect((await read(IMAGES, { '/etc/k': kubeconfig })).imagePolicy).toEqual({
      target: {
        url: 'https://images.example.com/policy',
        user: { headers: { authorization: 'Bearer t' } },
      },
      ...{ allowTtlMs: 30_000, denyTtlMs: 0, firstRetryMs: 10, defaultAllow: true },
    });
  });

  it('is not looked at for plugins that are off, nor for those that take none', async () => {
    const wrong = SECURITY.replace('exemptions:', 'exemption:');
    expect(await read(wrong, {}, [])).toEqual({});
    const inherited = ['constructor', 'toString', '__proto__', 'LimitRanger'];
    const others = inherited.map((name) => `- {name: ${name}, path: missing}\n`).join('');
    const on = inherited.map((name) => ({ name }));
    expect(await read(others, {}, on)).toEqual({});
  });

  it('is refused with the name of the plugin', async () => {
    await expect(read(SECURITY.replace('exemptions:', 'exemption:'))).rejects.toThrow(
      'couldn\'t init admission plugin "PodSecurity": strict decoding error: unknown field "exemption"',
    );
  });
});

describe('the limit of events', () => {
  const attributes = (namespace: string, more: Partial<AdmissionAttributes> = {}) =>
    ({
      ...{ operation: 'CREATE', subresource: '', namespace, dryRun: false, user: { name: 'u' } },
      type: { group: '', version: 'v1', resource: 'events', kind: 'Event', namespaced: true },
      ...more,
    }) as AdmissionAttributes;

  it('refuses what is too much for a namespace, until tokens have come back', async () => {
    const clock = new FakeClock();
    const limit = { type: 'Namespace', qps: 1, burst: 2, cacheSize: 2 } as const;
    const plugin = new EventRateLimit([limit], clock);
    plugin.validate(attributes('a'));
    plugin.validate(attributes('a'));
    expect(() => plugin.validate(attributes('a'))).toThrow(
      'Too many requests: limit reached on type Namespace for key a',
    );
    plugin.validate(attributes('b'));
    await clock.advance(1_000);
    plugin.validate(attributes('a'));
    expect(() => plugin.validate(attributes('a'))).toThrow('limit reached');
  });

  it('counts only events that are written', () => {
    const plugin = new EventRateLimit([], new FakeClock());
    expect(plugin.handles(attributes('a'))).toBe(true);
    expect(plugin.handles(attributes('a', { dryRun: true }))).toBe(false);
    expect(plugin.handles(attributes('a', { operation: 'DELETE' }))).toBe(false);
  });
});
