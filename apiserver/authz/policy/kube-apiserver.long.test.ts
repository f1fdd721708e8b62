/**
 * The roles that every cluster begins with, and who has them: those of Kubernetes, rule by rule.
 * Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lifecycle } from '../../../platform/lifecycle.ts';
import { hasKubeApiserver, KubeApiserver, START_MS } from '../../../test/support/kube-apiserver.ts';
import type { AnyCall } from '../../../test/support/kubernetes-answers.ts';
import { startOwn } from '../../../test/support/own-answers.ts';

const GROUP = '/apis/rbac.authorization.k8s.io/v1';
const OURS = ['wherry:controllers', 'wherry:hollow-nodes'];

interface Granted {
  readonly metadata: { readonly name: string; readonly namespace?: string; labels: object };
  readonly rules?: readonly Readonly<Record<string, readonly string[]>>[] | null;
  readonly [field: string]: unknown;
}

/** "get apps/deployments", each once; "" stands for any name. */
function permissions({ rules }: Granted): string[] {
  const all = (rules ?? []).flatMap((rule) => {
    const paths = (rule['nonResourceURLs'] ?? []).map((path) => `path ${path}`);
    const resources = (rule['apiGroups'] ?? []).flatMap((group) =>
      (rule['resources'] ?? []).map((resource) => `${group}/${resource}`),
    );
    return [...paths, ...resources].flatMap((what) =>
      (rule['verbs'] ?? []).flatMap((verb) =>
        (rule['resourceNames'] ?? ['']).map((name) => `${verb} ${what} ${name}`),
      ),
    );
  });
  return [...new Set(all)].sort();
}

async function granted(call: AnyCall, resource: string): Promise<object> {
  const selector = 'labelSelector=kubernetes.io/bootstrapping%3Drbac-defaults';
  const { body } = await call('GET', `${GROUP}/${resource}?${selector}`);
  const { items } = body as { readonly items: readonly Granted[] };
  const theirs = items.filter(({ metadata }) => !OURS.includes(metadata.name));
  return Object.fromEntries(
    theirs.map((one) => {
      const { metadata, roleRef, subjects, aggregationRule } = one;
      const { namespace = '', name, labels } = metadata;
      const what = { roleRef, subjects, aggregationRule, labels, rules: permissions(one) };
      return [`${namespace}/${name}`, what];
    }),
  );
}

describe.skipIf(!hasKubeApiserver())('kube-apiserver', () => {
  const parts = new Lifecycle();
  let kubernetes: KubeApiserver | undefined;
  let own: AnyCall;

  beforeAll(async () => {
    own = await startOwn(parts);
    kubernetes = await KubeApiserver.start();
    // The last of its roles are there a while after it says that it is ready.
    const last = `${GROUP}/namespaces/kube-system/rolebindings/system:controller:token-cleaner`;
    while ((await kubernetes.ask('GET', last)).code !== 200)
      await new Promise((resolve) => setTimeout(resolve, 100));
  }, START_MS * 2);
  afterAll(async () => {
    await kubernetes?.stop();
    await parts.stop();
  });

  test.each(['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'])(
    'begins with the same %s',
    async (resource) => {
      const expected = await granted(kubernetes!.ask, resource);
      expect(Object.keys(expected).length).toBeGreaterThan(6);
      expect(await granted(own, resource)).toEqual(expected);
    },
  );
});
