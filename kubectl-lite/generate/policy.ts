/** create quota, poddisruptionbudget, priorityclass, serviceaccount, token. */
import type { KubernetesObject } from '../../api/meta.ts';
import { boolean, integer, list, text } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';
import { parsePairs } from './pairs.ts';

const none = { creationTimestamp: null as never };

export const createQuota = generatorCommand({
  usage: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [options]',
  flags: { hard: text('Limits: resource=quantity,...'), scopes: list('Scopes of the quota') },
  namespaced: true,
  generate: ({ name, flags }) =>
    ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { ...none, name },
      spec: {
        ...(flags.hard === '' ? {} : { hard: parsePairs(flags.hard, 'argument') }),
        ...(flags.scopes.length > 0 ? { scopes: flags.scopes } : {}),
      },
      status: {},
    }) as KubernetesObject,
});

export const createPodDisruptionBudget = generatorCommand({
  usage: 'NAME --selector=SELECTOR --min-available=N [options]',
  flags: {
    'max-unavailable': text('Most pods that may be missing: a number or percentage'),
    'min-available': text('Fewest pods that must be there: a number or percentage'),
    selector: text('Label selector of the pods'),
  },
  namespaced: true,
  generate({ name, flags }) {
    const { 'max-unavailable': max, 'min-available': min } = flags;
    if (flags.selector === '') throw new UsageError('a selector must be specified');
    if ((max === '') === (min === '')) {
      throw new UsageError(
        max === ''
          ? 'one of min-available or max-unavailable must be specified'
          : 'min-available and max-unavailable cannot be both specified',
      );
    }
    const amount = (given: string): string | number =>
      /^\d+$/.test(given) ? Number(given) : given;
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { ...none, name },
      spec: {
        ...(max === '' ? { minAvailable: amount(min) } : { maxUnavailable: amount(max) }),
        selector: { matchLabels: parsePairs(flags.selector, 'selector') },
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    } as KubernetesObject;
  },
});

export const createPriorityClass = generatorCommand({
  usage: 'NAME --value=VALUE --global-default=BOOL [options]',
  flags: {
    description: text('When the class is to be used'),
    'global-default': boolean('For pods that name no class'),
    'preemption-policy': text('"Never" or "PreemptLowerPriority"', {
      value: 'PreemptLowerPriority',
    }),
    value: integer('The priority'),
  },
  namespaced: false,
  generate: ({ name, flags }) =>
    ({
      apiVersion: 'scheduling.k8s.io/v1',
      ...(flags.description === '' ? {} : { description: flags.description }),
      ...(flags['global-default'] ? { globalDefault: true } : {}),
      kind: 'PriorityClass',
      metadata: { ...none, name },
      preemptionPolicy: flags['preemption-policy'],
      value: flags.value,
    }) as KubernetesObject,
});

export const createServiceAccount = generatorCommand({
  usage: 'NAME [--dry-run=server|client|none] [options]',
  flags: {},
  namespaced: true,
  generate: ({ name }) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...none, name },
  }),
});
