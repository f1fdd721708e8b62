/** Services and controllers as informers see them: which pods belong together. */
import { controllerOf, namespaceOf } from '../api/meta.ts';
import { replicaSets, replicationControllers, services, statefulSets } from '../api/resources.ts';
import { matchesLabelSelector } from '../api/selector/label.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { LabelSelector } from '../api/types/meta-v1.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { SelectorOf } from './plugins/spread-constraints.ts';

const NAMESPACE_INDEX = 'namespace';

/** Both select the pod, so that their labels do not contradict each other. */
function joined(a: LabelSelector, b: LabelSelector): LabelSelector {
  const { matchLabels, matchExpressions } = b;
  return {
    matchLabels: { ...a.matchLabels, ...matchLabels },
    ...(matchExpressions === undefined ? {} : { matchExpressions }),
  };
}

export function watchedSelectors(informers: InformerFactory): SelectorOf {
  const served = informers.of(services);
  served.addIndex(NAMESPACE_INDEX, (service) => [namespaceOf(service)]);
  const listers = {
    ReplicaSet: informers.of(replicaSets).lister,
    StatefulSet: informers.of(statefulSets).lister,
  };
  const replication = informers.of(replicationControllers).lister;

  function ofController(pod: Pod): LabelSelector | undefined {
    const owner = controllerOf(pod);
    if (owner === undefined) return undefined;
    const key = `${namespaceOf(pod)}/${owner.name}`;
    switch (`${owner.apiVersion} ${owner.kind}`) {
      case 'apps/v1 ReplicaSet':
      case 'apps/v1 StatefulSet':
        return listers[owner.kind as keyof typeof listers].get(key)?.spec.selector;
      case 'v1 ReplicationController': {
        const matchLabels = replication.get(key)?.spec.selector;
        return matchLabels && { matchLabels };
      }
      default:
        return undefined;
    }
  }

  return (pod) => {
    let selector: LabelSelector = {};
    for (const { spec } of served.lister.byIndex(NAMESPACE_INDEX, namespaceOf(pod))) {
      const matchLabels = spec.selector;
      if (matchLabels === undefined) continue;
      if (matchesLabelSelector({ matchLabels }, pod.metadata.labels))
        selector = joined(selector, { matchLabels });
    }
    const own = ofController(pod);
    if (own !== undefined) selector = joined(selector, own);
    const { matchLabels = {}, matchExpressions = [] } = selector;
    const empty = Object.keys(matchLabels).length + matchExpressions.length === 0;
    return empty ? undefined : selector;
  };
}
