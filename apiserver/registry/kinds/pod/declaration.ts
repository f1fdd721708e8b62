import { invalidError } from '../../../../api/field-errors.ts';
import { pods } from '../../../../api/resources.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { formatTime } from '../../../../api/time.ts';
import type { Pod } from '../../../../api/types/core-v1.ts';
import type { ResourceDeclaration, WriteContext } from '../../declaration.ts';
import { defaultPod } from './defaults.ts';
import { mergeMatchLabelKeys } from './match-label-keys.ts';
import { printer } from './printer.ts';
import { qosClass } from './qos.ts';
import { connects } from './connects.ts';
import { subresources } from './subresources.ts';
import { validateNew, validatePod } from './validation.ts';
import { validatePodUpdate } from './validation-update.ts';
import { oddPodName, podWarnings } from './warnings.ts';

const gated = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

function prepareForCreate(pod: Mutable<Pod>, { nowMs }: WriteContext): void {
  const errors = validateNew(pod);
  if (errors.length > 0) throw invalidError(pods, pod.metadata.name ?? '', errors);
  pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec) };
  if (pod.spec.schedulingGates?.length) {
    pod.status.conditions = [{ ...gated, lastTransitionTime: formatTime(nowMs) }];
  }
  mergeMatchLabelKeys(pod);
}

/** What runs on no node, or runs no more, needs no time to stop. */
function gracePeriodSeconds({ spec, status }: Pod, requested: number | undefined): number {
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (!spec.nodeName || ended) return 0;
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}

export const pod = {
  type: pods,
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  hasStatus: true,
  hasGeneration: true,

  applyDefaults: defaultPod,
  prepareForCreate,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  // People seldom change pods, and kubelets often do: a change is not looked at.
  warnings: (object, old) =>
    old === undefined
      ? [...oddPodName(object.metadata.name, "the Pod's hostname"), ...podWarnings(object)]
      : [],

  gracePeriodSeconds,
  returnsDeletedObject: true,

  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIP ?? '',
    'status.podIPs': ({ status }) => status?.podIP ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  printer,
  subresources,
  connects,
} satisfies ResourceDeclaration<Pod>;
