/** What type checking writes into the status of a policy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validatingAdmissionPolicies } from '../../api/resources.ts';
import type { ValidatingAdmissionPolicy } from '../../api/types/admissionregistration-v1.ts';
import type { RestClient } from '../../client/rest.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { cronTabCrd } from '../../test/support/cron-tab.ts';
import { eventually, startEmbeddedApi } from '../../test/support/embedded-api.ts';
import { startControllers } from '../manager.ts';
import { customResourceDefinitions } from '../runtime/custom-types.ts';

const parts = new Lifecycle();
let client: RestClient;

beforeAll(async () => {
  ({ client } = await startEmbeddedApi(parts));
  const controllers = ['validatingadmissionpolicy-status'];
  const running = await parts.start(() =>
    startControllers({ client, clock, random, logger, controllers, freeze: true }),
  );
  await running.ready();
});
afterAll(() => parts.stop());

const rule = (group: string, version: string, ...resources: string[]) => ({
  ...{ apiGroups: [group], apiVersions: [version], resources, operations: ['CREATE'] },
});

type Spec = Partial<ValidatingAdmissionPolicy['spec']>;

let made = 0;
/** The status that a policy is given. */
async function statusOf(resourceRules: readonly object[], spec: Spec) {
  const name = `policy-${++made}`;
  const matchConstraints = { resourceRules };
  await client.create(validatingAdmissionPolicies, {
    metadata: { name },
    spec: { matchConstraints, ...spec },
  } as object as ValidatingAdmissionPolicy);
  return checked(name, 1);
}

async function checked(name: string, generation: number) {
  const isDone = ({ metadata, status }: ValidatingAdmissionPolicy): boolean =>
    metadata.name === name && status?.observedGeneration === generation;
  const all = await eventually(client, validatingAdmissionPolicies, (items) => items.some(isDone));
  return all.find(isDone)!.status!;
}

const deployments = rule('apps', 'v1', 'deployments');

describe('the status of a policy', () => {
  it('says so when nothing is wrong', async () => {
    const status = await statusOf([deployments], {
      variables: [{ name: 'few', expression: 'object.spec.replicas < 5' }],
      validations: [
        {
          expression: 'variables.few && object.metadata.labels.app != ""',
          messageExpression: '"namespace " + namespaceObject.metadata.name',
        },
        { expression: 'object.spec.template.spec.containers.all(c, has(c.image))' },
        { expression: 'authorizer.group("").resource("pods").check("get").allowed()' },
        { expression: 'object.spec.strategy.rollingUpdate.maxSurge != 5' },
        { expression: 'request.userInfo.username != ""' },
      ],
    });
    expect(status).toEqual({ observedGeneration: 1, typeChecking: {} });
  });

  it('warns of an expression that can never be right, with each kind it is wrong for', async () => {
    const rules = [rule('apps', 'v1', 'replicasets', 'deployments', 'deployments/scale')];
    const { typeChecking } = await statusOf(rules, {
      validations: [
        { expression: 'object.replicas > 1', message: 'must be replicated' },
        { expression: 'object.spec.strategy.type == 5' },
        { expression: 'object.spec.replicas > 1', messageExpression: '"x" + object.kin' },
      ],
    });
    expect(typeChecking!.expressionWarnings).toEqual([
      {
        fieldRef: 'spec.validations[0].expression',
        warning:
          "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n" +
          ' | object.replicas > 1\n | ......^\n\n' +
          "apps/v1, Kind=ReplicaSet: ERROR: <input>:1:7: undefined field 'replicas'\n" +
          ' | object.replicas > 1\n | ......^\n',
      },
      {
        fieldRef: 'spec.validations[1].expression',
        warning:
          'apps/v1, Kind=Deployment: ERROR: <input>:1:27: found no matching overload for ' +
          "'_==_' applied to '(string, int)'\n" +
          ' | object.spec.strategy.type == 5\n | ..........................^\n\n' +
          "apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'strategy'\n" +
          ' | object.spec.strategy.type == 5\n | ...........^\n',
      },
      {
        fieldRef: 'spec.validations[2].messageExpression',
        warning:
          "apps/v1, Kind=Deployment: ERROR: <input>:1:13: undefined field 'kin'\n" +
          ' | "x" + object.kin\n | ............^\n\n' +
          "apps/v1, Kind=ReplicaSet: ERROR: <input>:1:13: undefined field 'kin'\n" +
          ' | "x" + object.kin\n | ............^\n',
      },
    ]);
  });

  it('knows the fields of parameters', async () => {
    const { typeChecking } = await statusOf([deployments], {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [
        { expression: 'object.spec.replicas < int(params.data.max)' },
        { expression: 'object.spec.replicas < params.max' },
      ],
    });
    expect(typeChecking!.expressionWarnings!.map(({ fieldRef }) => fieldRef)).toEqual([
      'spec.validations[1].expression',
    ]);
  });

  it('is written again after a change, and not before a kind is known', async () => {
    const cronTabs = rule('stable.example.com', 'v1', 'crontabs');
    const validations = [{ expression: 'object.spec.replica > 1' }];
    const before = await statusOf([cronTabs], { validations });
    expect(before).toEqual({ observedGeneration: 1, typeChecking: {} });
    const name = `policy-${made}`;
    await client.create(customResourceDefinitions, cronTabCrd);
    await eventually(client, customResourceDefinitions, ([definition]) =>
      Boolean(definition?.status?.conditions?.some(({ type }) => type === 'Established')),
    );
    const type = 'application/merge-patch+json' as const;
    const spec = { variables: [{ name: 'n', expression: '1' }] };
    await client.patch(validatingAdmissionPolicies, { name }, { type, body: { spec } });
    const { typeChecking } = await checked(name, 2);
    expect(typeChecking!.expressionWarnings![0]!.warning).toContain(
      "stable.example.com/v1, Kind=CronTab: ERROR: <input>:1:12: undefined field 'replica'",
    );
  });

  it('says nothing of rules that may be about anything', async () => {
    const validations = [{ expression: 'object.nothing' + ' == 1' }];
    const any = await statusOf([rule('*', '*', '*')], { validations });
    expect(any).toEqual({ observedGeneration: 1, typeChecking: {} });
  });
});
