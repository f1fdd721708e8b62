/** Metrics in the flat form of autoscaling/v1, which lives on in annotations only. */
import type { MetricSpec, MetricStatus } from '../../../../api/types/autoscaling-v2.ts';

type Json = Record<string, unknown>;

function present(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function metricToV1(metric: MetricSpec): Json {
  const { type, object, pods, resource, containerResource, external } = metric;
  return present({
    type,
    object:
      object &&
      present({
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      present({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource: resource && flatResource(resource),
    containerResource:
      containerResource &&
      present({ ...flatResource(containerResource), container: containerResource.container }),
    external:
      external &&
      present({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

function flatResource({ name, target }: NonNullable<MetricSpec['resource']>): Json {
  return present({
    name,
    targetAverageUtilization: target.averageUtilization,
    targetAverageValue: target.averageValue,
  });
}

export function metricFromV1(value: object): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = value as Record<
    string,
    Json | undefined
  >;
  const metric = present({
    type,
    object:
      object &&
      present({
        describedObject: object['target'],
        metric: present({ name: object['metricName'], selector: object['selector'] }),
        target: present({
          type: object['averageValue'] === undefined ? 'Value' : 'AverageValue',
          // v1 has no way to leave it out beside an average.
          value: object['averageValue'] === undefined ? object['targetValue'] : undefined,
          averageValue: object['averageValue'],
        }),
      }),
    pods:
      pods &&
      present({
        metric: present({ name: pods['metricName'], selector: pods['selector'] }),
        target: { type: 'AverageValue', averageValue: pods['targetAverageValue'] },
      }),
    resource: resource && { name: resource['name'], target: resourceTarget(resource) },
    containerResource: containerResource && {
      name: containerResource['name'],
      container: containerResource['container'],
      target: resourceTarget(containerResource),
    },
    external:
      external &&
      present({
        metric: present({ name: external['metricName'], selector: external['metricSelector'] }),
        target: present({
          type: external['targetValue'] === undefined ? 'AverageValue' : 'Value',
          value: external['targetValue'],
          averageValue: external['targetAverageValue'],
        }),
      }),
  });
  return metric as unknown as MetricSpec;
}

function resourceTarget(flat: Json): Json {
  const { targetAverageUtilization: utilization, targetAverageValue: value } = flat;
  return present({
    type: utilization === undefined ? 'AverageValue' : 'Utilization',
    averageUtilization: utilization,
    averageValue: value,
  });
}

export function statusToV1(status: MetricStatus): Json {
  const { type, object, pods, resource, containerResource, external } = status;
  return present({
    type,
    object:
      object &&
      present({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      present({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource: resource && flatCurrent(resource),
    containerResource:
      containerResource &&
      present({ ...flatCurrent(containerResource), container: containerResource.container }),
    external:
      external &&
      present({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? '0',
        currentAverageValue: external.current.averageValue,
      }),
  });
}

function flatCurrent({ name, current }: NonNullable<MetricStatus['resource']>): Json {
  return present({
    name,
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue ?? '0',
  });
}

export function statusFromV1(value: object): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = value as Record<
    string,
    Json | undefined
  >;
  const current = (flat: Json): Json =>
    present({
      averageUtilization: flat['currentAverageUtilization'],
      averageValue: flat['currentAverageValue'],
    });
  const status = present({
    type,
    object:
      object &&
      present({
        describedObject: object['target'],
        metric: present({ name: object['metricName'], selector: object['selector'] }),
        current: present({ value: object['currentValue'], averageValue: object['averageValue'] }),
      }),
    pods:
      pods &&
      present({
        metric: present({ name: pods['metricName'], selector: pods['selector'] }),
        current: present({ averageValue: pods['currentAverageValue'] }),
      }),
    resource: resource && { name: resource['name'], current: current(resource) },
    containerResource: containerResource && {
      name: containerResource['name'],
      container: containerResource['container'],
      current: current(containerResource),
    },
    external:
      external &&
      present({
        metric: present({ name: external['metricName'], selector: external['metricSelector'] }),
        current: present({
          value: external['currentValue'],
          averageValue: external['currentAverageValue'],
        }),
      }),
  });
  return status as unknown as MetricStatus;
}
