import { describe, expect, it } from 'vitest';
import { chosenPlugins, onlyPlugins } from './plugins.ts';

const names = (enable: string[], disable: string[]): string[] =>
  chosenPlugins({ enable, disable }).map(({ name }) => name);

describe('the plugins that run', () => {
  it('are those that Kubernetes has on, in its order', () => {
    const standard = names([], []);
    const order = ['NamespaceLifecycle', 'LimitRanger', 'PodSecurity', 'Priority', 'ResourceQuota'];
    expect(standard.filter((name) => order.includes(name))).toEqual(order);
    expect(standard.at(-1)).toBe('ResourceQuota');
  });

  it('are just those of --admission-control', () => {
    const just = (...list: string[]) => chosenPlugins(onlyPlugins(list)).map(({ name }) => name);
    expect(just()).toEqual([]);
    expect(just('Priority', 'NodeRestriction')).toEqual(['NodeRestriction', 'Priority']);
  });

  it('are fewer when some are switched off', () => {
    expect(names([], ['PodSecurity'])).toEqual(names([], []).filter((n) => n !== 'PodSecurity'));
  });

  it('are not more when some are on anyhow', () => {
    expect(names(['Priority'], [])).toEqual(names([], []));
  });

  it.each([
    [['Nobody'], [], 'enable-admission-plugins plugin "Nobody" is unknown'],
    [[], ['Nobody'], 'disable-admission-plugins plugin "Nobody" is unknown'],
    [
      ['ImagePolicyWebhook'],
      [],
      'couldn\'t init admission plugin "ImagePolicyWebhook": no config specified',
    ],
    [
      ['Priority'],
      ['Priority'],
      '[Priority] in enable-admission-plugins and disable-admission-plugins overlapped',
    ],
  ])('cannot be %j without %j', (enable, disable, message) => {
    expect(() => names(enable, disable)).toThrow(message);
  });

  it('may be without one that is not there', () => {
    expect(names([], ['EventRateLimit'])).toEqual(names([], []));
  });
});
