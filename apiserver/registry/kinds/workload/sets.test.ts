import { describe, expect, test } from 'vitest';
import {
  created,
  createErrors,
  row,
  type Sent,
  updated,
  updateErrors,
  written,
} from '../../../../test/support/kinds.ts';
import { daemonSet } from './daemonset.ts';
import { replicationController } from './replicationcontroller.ts';
import { statefulSet } from './statefulset.ts';

const template: Sent = {
  metadata: { labels: { app: 'db' } },
  spec: { containers: [{ name: 'c', image: 'db:1' }] },
};
const selector = { matchLabels: { app: 'db' } };
const sent = (spec: Sent = {}): Sent => ({ spec: { selector, template, ...spec } });
const claim: Sent = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

describe('StatefulSet', () => {
  test('defaults', () => {
    const { spec, status } = created(statefulSet, sent({ volumeClaimTemplates: [claim] }));
    expect(spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          spec: { volumeMode: 'Filesystem' },
          status: { phase: 'Pending' },
        },
      ],
    });
    expect(status).toEqual({ replicas: 0, availableReplicas: 0 });
  });

  test('pods may mount the claims of the set', () => {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const containers = [{ name: 'c', image: 'db:1', volumeMounts }];
    const mounting = { ...template, spec: { containers } };
    const object = sent({ template: mounting, volumeClaimTemplates: [claim] });
    expect(createErrors(statefulSet, object)).toEqual([]);
    expect(createErrors(statefulSet, sent({ template: mounting }))).toEqual([
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ]);
  });

  test.each<[string, Sent, string[]]>([
    [
      'words and numbers',
      {
        podManagementPolicy: 'Any',
        updateStrategy: { type: 'Hope' },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep' },
        replicas: -1,
        minReadySeconds: -1,
        ordinals: { start: -1 },
        serviceName: 'Db_1',
      },
      [
        "spec.podManagementPolicy: Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'",
        'spec.updateStrategy: Invalid value: {"Type":"Hope","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
        'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Retain", "Delete"',
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
        'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0',
        "spec.serviceName: Invalid value: \"Db_1\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    [
      'OnDelete that rolls',
      { updateStrategy: { type: 'OnDelete', rollingUpdate: {} } },
      [
        'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":0,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
      ],
    ],
    [
      'a claim for nothing',
      { volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
      [
        'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
        'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
      ],
    ],
    [
      'an empty selector',
      { selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
    ],
    [
      'pods that end',
      {
        template: {
          ...template,
          spec: {
            containers: [{ name: 'c', image: 'a' }],
            restartPolicy: 'Never',
            activeDeadlineSeconds: 5,
          },
        },
      },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
      ],
    ],
  ])('%s', (_title, spec, errors) => {
    expect(createErrors(statefulSet, sent(spec))).toEqual(errors);
  });

  test('what pods were made from does not change', () => {
    const old = created(statefulSet, sent());
    const forbidden = [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ];
    expect(updateErrors(statefulSet, old, ({ spec }) => (spec.serviceName = 'db'))).toEqual(
      forbidden,
    );
    expect(updateErrors(statefulSet, old, ({ spec }) => (spec.replicas = 3))).toEqual([]);
  });

  test('a status that cannot be', () => {
    const status = { replicas: 1, readyReplicas: 0, availableReplicas: 1, currentReplicas: 2 };
    const parent = { ...created(statefulSet, sent()), status: { replicas: 0, collisionCount: 1 } };
    const { errors } = written(statefulSet, 'status', { parent, sent: { metadata: {}, status } });
    expect(errors).toEqual([
      'status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas',
      'status.collisionCount: Invalid value: 0: cannot be decremented',
    ]);
  });

  test('rows', () => {
    const object = {
      metadata: { name: 'db' },
      ...sent({ replicas: 3 }),
      status: { readyReplicas: 2 },
    };
    expect(row(statefulSet, object)).toMatchObject({ Name: 'db', Ready: '2/3', Images: 'db:1' });
  });
});

describe('DaemonSet', () => {
  const generation = 'deprecated.daemonset.template.generation';

  test('defaults', () => {
    const { spec, status, metadata } = created(daemonSet, sent());
    expect(spec.updateStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    expect(status).toEqual({
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    });
    expect(metadata.annotations).toEqual({ [generation]: '1' });
  });

  test('counts the changes of its template, whatever clients say', () => {
    const old = created(daemonSet, sent());
    const same = updated(daemonSet, old, ({ metadata }) => {
      metadata.annotations = { [generation]: '9', mine: 'kept' };
    });
    expect(same.metadata.annotations).toEqual({ [generation]: '1', mine: 'kept' });
    const changed = updated(daemonSet, old, ({ spec }) => {
      spec.template.spec!.hostNetwork = true;
    });
    expect(changed.metadata.annotations).toEqual({ [generation]: '2' });
  });

  test.each<[string, Sent, string[]]>([
    [
      'both at once',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: '10%' } } },
      [
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "10%": may not be set when maxUnavailable is non-zero',
      ],
    ],
    [
      'neither',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
      [
        'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
      ],
    ],
    [
      'an unknown strategy',
      { updateStrategy: { type: 'Hope' } },
      [
        'spec.updateStrategy: Unsupported value: {"Type":"Hope","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
      ],
    ],
    [
      'another selector',
      { selector: { matchLabels: { app: 'web' } }, revisionHistoryLimit: -1 },
      [
        'spec.template.metadata.labels: Invalid value: {"app":"db"}: `selector` does not match template `labels`',
        'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
  ])('%s', (_title, spec, errors) => {
    expect(createErrors(daemonSet, sent(spec))).toEqual(errors);
  });

  test('rows', () => {
    const status = { desiredNumberScheduled: 3, currentNumberScheduled: 2, numberReady: 1 };
    const object = { metadata: { name: 'agent' }, ...sent(), status };
    expect(row(daemonSet, object)).toMatchObject({
      Desired: 3,
      Current: 2,
      Ready: 1,
      'Up-to-date': 0,
      'Node Selector': '<none>',
      Selector: 'app=db',
    });
  });
});

describe('ReplicationController', () => {
  test('selects the pods of its template, and is labelled like them', () => {
    const { metadata, spec } = created(replicationController, { spec: { template } });
    expect(metadata.labels).toEqual({ app: 'db' });
    expect(spec).toMatchObject({ replicas: 1, selector: { app: 'db' } });
  });

  test('needs a template with labels', () => {
    expect(createErrors(replicationController, { spec: { minReadySeconds: -1 } })).toEqual([
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.selector: Required value',
      'spec.template: Required value',
    ]);
  });

  test('scales', () => {
    const parent = created(replicationController, { spec: { template } });
    const scale = replicationController.subresources.find(({ name }) => name === 'scale')!;
    expect(scale.read!(parent)).toMatchObject({ status: { selector: 'app=db' } });
  });
});
