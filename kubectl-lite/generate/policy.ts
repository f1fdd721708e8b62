/** create quota, poddisruptionbudget, priorityclass, serviceaccount, token. */
import type { KubernetesObject } from '../../api/meta.ts';
import { canonicalQuantity, QuantityError } from '../../api/quantity.ts';
import { boolean, integer, list, text } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { generatorCommand } from './generator.ts';
import { labelSelectorOf } from './selector.ts';

const none = { creationTimestamp: null as never };

export const createQuota = generatorCommand({
  usage: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [options]',
  flags: { hard: text('Limits: resource=quantity,...'), scopes: list('Scopes of the quota') },
  namespaced: true,
  noun: 'quota',
  generate({ name, flags }) {
    const scopes = flags.scopes.map((scope) => {
      if (scope === '') throw new UsageError('invalid resource quota scope ""');
      return scope;
    });
    return {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { ...none, name },
      spec: {
        ...(flags.hard === '' ? {} : { hard: hardLimits(flags.hard) }),
        ...(scopes.length > 0 ? { scopes } : {}),
      },
      status: {},
    } as KubernetesObject;
  },
});

function hardLimits(given: string): Record<string, string> {
  return Object.fromEntries(
    given.split(',').map((pair) => {
      const [resource = '', amount, ...more] = pair.split('=');
      if (amount === undefined || more.length > 0) {
        throw new UsageError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      }
      return [resource, quantityOf(amount)];
    }),
  );
}

function quantityOf(given: string): string {
  try {
    return canonicalQuantity(given);
  } catch (error) {
    throw error instanceof QuantityError ? new UsageError(error.message) : error;
  }
}

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
    const amount = (given: string): string | number => {
      if (/^\d+$/.test(given)) return Number(given);
      if (/^\d+%$/.test(given)) return given;
      const flag = max === '' ? 'min-available' : 'max-unavailable';
      throw new UsageError(`invalid format specified for ${flag}`);
    };
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { ...none, name },
      spec: {
        ...(max === '' ? { minAvailable: amount(min) } : { maxUnavailable: amount(max) }),
        selector: labelSelectorOf(flags.selector),
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
