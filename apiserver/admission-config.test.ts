import { describe, expect, it } from 'vitest';
import { FakeClock } from '../test/support/fake-clock.ts';
import type { AdmissionAttributes } from './admission/admission.ts';
import { EventRateLimit } from './admission/event-rate-limit.ts';
import { readAdmissionConfiguration } from './admission-config.ts';

const files = (contents: Readonly<Record<string, string>>) => ({
  read: (_flag: string, path: string) => Promise.resolve(contents[path] ?? ''),
  parsed: <T>(_flag: string, path: string, parse: (text: string) => T) =>
    Promise.resolve().then(() => parse(contents[path] ?? '')),
});
const HEAD = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n';
const read = (plugins: string, more: Readonly<Record<string, string>> = {}) =>
  readAdmissionConfiguration('/etc/a.yaml', files({ '/etc/a.yaml': HEAD + plugins, ...more }));

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

  it('may stand in files of their own, beside it', async () => {
    const plugins = '- {name: EventRateLimit, path: limits.yaml}\n';
    const { eventLimits } = await read(plugins, { '/etc/limits.yaml': LIMITS });
    expect(eventLimits).toEqual([{ type: 'Namespace', qps: 1, burst: 2, cacheSize: 2 }]);
  });

  it.each([
    [SECURITY.replace('baseline', 'strict'), 'defaults.enforce: Invalid value: "strict": must be'],
    [SECURITY.replace('v1.30', '1.30'), 'must be "latest" or "v1.x"'],
    [SECURITY.replace('exemptions:', 'exemption:'), 'unknown field ".exemption"'],
    ['- {name: ImagePolicyWebhook, configuration: {a: 1}}', 'there is no ImagePolicyWebhook'],
    ['- {name: Priority, configuration: {a: 1}}', 'plugin "Priority" takes no configuration'],
    ['- {path: x}', 'plugins[0].name: Required value'],
    [
      '- {name: EventRateLimit, configuration: {apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration, limits: [{type: Odd, qps: 0, burst: 1}]}}',
      '[limits[0].type: Unsupported value: "Odd": supported values: "Namespace", "Server", "SourceAndObject", "User", limits[0].qps: Invalid value: 0: must be positive]',
    ],
  ])('that is wrong is refused: %s', async (plugins, message) => {
    await expect(read(plugins)).rejects.toThrow(message);
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
