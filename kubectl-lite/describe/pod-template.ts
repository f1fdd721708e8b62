import type { PodTemplateSpec } from '../../api/types/core-v1.ts';
import { describeContainers } from './containers.ts';
import { describeSpreading } from './spreading.ts';
import { describeTolerations } from './tolerations.ts';
import { describeVolumes } from './volumes.ts';
import type { DescriptionWriter } from './writer.ts';

/** The "Pod Template:" section of workloads. */
export function describePodTemplate(writer: DescriptionWriter, template: PodTemplateSpec): void {
  writer.line(0, 'Pod Template:');
  writer.map(1, 'Labels', template.metadata?.labels);
  if (template.metadata?.annotations) {
    writer.map(1, 'Annotations', template.metadata.annotations);
  }
  if (template.spec?.serviceAccountName) {
    writer.field(1, 'Service Account', template.spec.serviceAccountName);
  }
  describeContainers(writer, 'Init Containers', {
    level: 1,
    containers: template.spec?.initContainers,
  });
  describeContainers(writer, 'Containers', { level: 1, containers: template.spec?.containers });
  describeVolumes(writer, template.spec?.volumes ?? [], { level: 1, space: ' ' });
  describeSpreading(writer, 1, template.spec?.topologySpreadConstraints);
  if (template.spec?.priorityClassName) {
    writer.field(1, 'Priority Class Name', template.spec.priorityClassName);
  }
  writer.map(1, 'Node-Selectors', template.spec?.nodeSelector);
  describeTolerations(writer, 1, template.spec?.tolerations);
}
