import { invalid, invalidError } from '../../../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../../../api/meta.ts';
import type { Scale } from '../../../../api/types/autoscaling-v1.ts';
import type { LabelSelector } from '../../../../api/types/meta-v1.ts';
import type { Subresource, TableColumn, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, selectorText } from '../cells.ts';

type Scalable = KubernetesObject & {
  readonly spec: {
    readonly replicas?: number;
    /** A ReplicationController's are just the labels. */
    readonly selector?: LabelSelector | Readonly<Record<string, string>>;
  };
  readonly status?: { readonly replicas?: number };
};

/** `/scale`: how many, in one form for every kind that has replicas. */
export function scaleSubresource<T extends Scalable>(
  selectorOf = ({ spec }: T) => spec.selector as LabelSelector | undefined,
): Subresource<T> {
  return {
    name: 'scale',
    verbs: ['get', 'update', 'patch'],
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    read: (parent) => scaleOf(parent, selectorText(selectorOf(parent))),
    printer: scalePrinter([
      { name: 'Name', type: 'string' },
      {
        ...column('Desired', 'integer'),
        description: 'replicas is the desired number of instances for the scaled object.',
      },
      {
        ...column('Available', 'integer'),
        description: 'replicas is the actual number of observed instances of the scaled object.',
      },
      ageColumn,
    ]),
    owns: ['spec'],
    parentConfiguration({ spec }) {
      const { replicas } = (spec ?? {}) as { replicas?: unknown };
      return replicas === undefined ? {} : { spec: { replicas } };
    },
    write(sent, parent) {
      const replicas = (sent as Scale).spec?.replicas ?? 0;
      if (replicas < 0) {
        const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
        const type = { group: 'autoscaling', kind: 'Scale' };
        throw invalidError(type, parent.metadata.name ?? '', [error]);
      }
      const metadata = { ...parent.metadata };
      return { ...parent, metadata, spec: { ...parent.spec, replicas } } as unknown as Mutable<T>;
    },
  };
}

/** Name, the numbers of replicas that are wanted and there, and age. */
export function scalePrinter(columns: readonly TableColumn[]): TablePrinter<KubernetesObject> {
  return {
    columns,
    cells: (object, nowMs) => {
      const { metadata, spec, status } = object as Scale;
      const { replicas = 0 } = spec ?? {};
      return [metadata?.name ?? '', replicas, status?.replicas ?? 0, age(object, nowMs)];
    },
  };
}

function scaleOf({ metadata, spec, status }: Scalable, selector: string): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const present = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: present as Scale['metadata'],
    spec: spec.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, selector },
  };
}
