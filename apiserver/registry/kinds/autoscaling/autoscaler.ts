import { deepCopy } from '../../../../api/deep.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { horizontalPodAutoscalers } from '../../../../api/resources.ts';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricSpec,
} from '../../../../api/types/autoscaling-v2.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { nonNegative } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { printer } from './printer.ts';
import { validateAutoscaler } from './validation.ts';

/** Without any metric: 80 % of the CPU that the pods request. */
export const defaultMetric: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
};

const PERIOD_SECONDS = 15;

/** Up: at once, by four pods or twice as many. */
const scaleUp: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS },
    { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS },
  ],
};

/** Down: as far as may be, after the controller's own window. */
const scaleDown: HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS }],
};

function defaultRules(
  rules: HPAScalingRules | undefined,
  defaults: HPAScalingRules,
): Mutable<HPAScalingRules> {
  return { ...deepCopy(defaults), ...rules } as Mutable<HPAScalingRules>;
}

function applyDefaults(autoscaler: Mutable<HorizontalPodAutoscaler>): void {
  const spec = (autoscaler.spec ??= {} as Mutable<HorizontalPodAutoscalerSpec>);
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    spec.metrics = [deepCopy(defaultMetric) as Mutable<MetricSpec>];
  }
  const { behavior } = spec;
  if (behavior === undefined) return;
  if (!isWhole(behavior.scaleUp, scaleUp)) {
    behavior.scaleUp = defaultRules(behavior.scaleUp, scaleUp);
  }
  if (!isWhole(behavior.scaleDown, scaleDown)) {
    behavior.scaleDown = defaultRules(behavior.scaleDown, scaleDown);
  }
}

function isWhole(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): boolean {
  const fields = Object.keys(defaults) as (keyof HPAScalingRules)[];
  return rules !== undefined && fields.every((field) => rules[field] !== undefined);
}

/** Belongs to a feature that Kubernetes 1.34 has off by default. */
function dropTolerance(
  { spec }: Mutable<HorizontalPodAutoscaler>,
  old?: HorizontalPodAutoscaler,
): void {
  for (const direction of ['scaleUp', 'scaleDown'] as const) {
    if (old?.spec.behavior?.[direction]?.tolerance !== undefined) return;
  }
  for (const direction of ['scaleUp', 'scaleDown'] as const) {
    const rules = spec.behavior?.[direction];
    if (rules?.tolerance !== undefined) delete rules.tolerance;
  }
}

export const horizontalPodAutoscaler = {
  type: horizontalPodAutoscalers,
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  hasStatus: true,

  applyDefaults,
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0 };
    dropTolerance(object);
  },
  prepareForUpdate: (object, old) => dropTolerance(object, old),
  validate: validateAutoscaler,

  printer,
  subresources: [
    {
      ...statusSubresource<HorizontalPodAutoscaler>(),
      validateUpdate: ({ status }) => [
        ...nonNegative(status?.currentReplicas, 'status.currentReplicas'),
        ...nonNegative(status?.desiredReplicas, 'status.desiredReplicas'),
      ],
    },
  ],
} satisfies ResourceDeclaration<HorizontalPodAutoscaler>;
