import { describe, expect, it } from 'vitest';
import type { User } from '../authn/user.ts';
import { AbacAuthorizer, parseAbacPolicies } from './abac.ts';
import type { Attributes } from './authorizer.ts';

const policy = (spec: object): string =>
  JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec });
const everywhere = { namespace: '*', resource: '*', apiGroup: '*' };

const authorizer = (...lines: readonly string[]): AbacAuthorizer =>
  new AbacAuthorizer(parseAbacPolicies(lines.join('\n')));

const jane: User = { name: 'jane', groups: ['dev', 'system:authenticated'] };
const nobody: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** "get default/pods", "update apps:default/deployments", "get /healthz". */
function asked(line: string): Attributes {
  const [verb = '', what = ''] = line.split(' ');
  if (what.startsWith('/')) return { type: 'path', verb, path: what };
  const [, group = '', namespace = '', resource = ''] = /^(?:(.*):)?(.*)\/(.*)$/.exec(what)!;
  return { type: 'resource', verb, group, namespace, resource, subresource: '', name: '' };
}

describe('a rule of mode ABAC', () => {
  it.each<[spec: object, line: string, allowed: boolean]>([
    [{ user: 'jane', ...everywhere }, 'delete apps:default/deployments', true],
    [{ user: 'jane', ...everywhere }, 'get /healthz', false],
    [{ user: 'john', ...everywhere }, 'get default/pods', false],
    [{ group: 'dev', ...everywhere }, 'get default/pods', true],
    [{ user: 'jane', group: 'ops', ...everywhere }, 'get default/pods', false],
    [{ user: 'john', group: 'dev', ...everywhere }, 'get default/pods', false],
    [{ user: '*', ...everywhere }, 'get default/pods', true],
    [everywhere, 'get default/pods', false],
    [{ user: 'jane', ...everywhere, readonly: true }, 'watch default/pods', true],
    [{ user: 'jane', ...everywhere, readonly: true }, 'create default/pods', false],
    [{ user: 'jane', namespace: 'a', resource: 'pods' }, 'update a/pods', true],
    [{ user: 'jane', namespace: 'a', resource: 'pods' }, 'update b/pods', false],
    [{ user: 'jane', namespace: 'a', resource: 'pods' }, 'update a/secrets', false],
    [{ user: 'jane', namespace: 'a', resource: 'pods' }, 'update metrics.k8s.io:a/pods', false],
    [{ user: 'jane', resource: 'nodes' }, 'list /nodes', false],
    [{ user: 'jane', nonResourcePath: '*' }, 'get /version', true],
    [{ user: 'jane', nonResourcePath: '*' }, 'get a/pods', false],
    [{ user: 'jane', nonResourcePath: '/logs/*' }, 'get /logs/a', true],
    [{ user: 'jane', nonResourcePath: '/logs/*' }, 'get /log', false],
    [{ user: 'jane', nonResourcePath: '/version', readonly: true }, 'post /version', false],
  ])('%j: %s: %s', (spec, line, allowed) => {
    const decision = authorizer(policy(spec)).authorize(jane, asked(line));
    expect(decision).toEqual(allowed ? { allowed } : { allowed, reason: 'No policy matched.' });
  });

  it('for all is for those who said who they are', () => {
    const all = authorizer(policy({ group: '*', ...everywhere }));
    expect(all.authorize(nobody, asked('get default/pods')).allowed).toBe(false);
  });

  it('in its first form leaves out what it does not limit', () => {
    const first = (line: string, about: object): boolean =>
      authorizer(JSON.stringify(about)).authorize(jane, asked(line)).allowed;
    expect(first('delete apps:a/deployments', {})).toBe(true);
    expect(first('get /version', { user: 'jane' })).toBe(true);
    expect(first('get /version', { user: 'jane', namespace: 'a' })).toBe(false);
    expect(first('delete a/pods', { user: 'jane', namespace: 'a' })).toBe(true);
    expect(first('delete b/pods', { user: 'jane', namespace: 'a' })).toBe(false);
    expect(authorizer('{}').authorize(nobody, asked('get /version')).allowed).toBe(false);
  });

  it('is told in a review of what one may do', () => {
    const rules = authorizer(
      policy({ user: 'jane', namespace: 'a', resource: 'pods', readonly: true }),
      policy({ user: 'jane', namespace: '*', nonResourcePath: '/logs/*' }),
      policy({ user: 'jane', namespace: 'b', resource: 'pods' }),
      policy({ user: 'john', ...everywhere }),
    ).rulesFor(jane, 'a');
    expect(rules).toEqual({
      rules: [
        { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['*'], nonResourceURLs: ['/logs/*'] },
      ],
      incomplete: false,
      errors: [],
    });
  });
});

describe('a file of rules', () => {
  it('may have comments and blank lines', () => {
    expect(parseAbacPolicies('# all\n\n  # more\n{}\n')).toHaveLength(1);
  });

  it.each([
    ['{}\n{"user"', 'line 2: {"user": '],
    ['[]', 'line 1: []: the line holds no object'],
    ['{"user": 1}', 'json: cannot unmarshal number into field user of type string'],
    [
      '{"apiVersion": "abac.authorization.kubernetes.io/v2", "kind": "Policy"}',
      'no kind "Policy" is registered for version "abac.authorization.kubernetes.io/v2"',
    ],
  ])('that says %j is refused', (text, message) => {
    expect(() => parseAbacPolicies(text)).toThrow(message);
  });
});
