/** Keeps the status of each policy: what type checking found, once for each generation. */
import { nameOf } from '../../api/meta.ts';
import { validatingAdmissionPolicies } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { ValidatingAdmissionPolicy } from '../../api/types/admissionregistration-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueMapped } from '../runtime/sources.ts';
import { matchedKinds } from './matched.ts';
import { OpenApiTypes } from './openapi-types.ts';
import { expressionWarnings, type TypedKind } from './plan.ts';

const FIELD_MANAGER = 'validatingadmissionpolicy-status';

export function policyStatusController(context: ControllerContext): Controller {
  const { client } = context;
  const queue = new WorkQueue({ clock: context.clock });
  const policies = context.informers.of(validatingAdmissionPolicies);
  enqueueMapped(policies, queue, (policy: ValidatingAdmissionPolicy) => [nameOf(policy)]);
  const types = new OpenApiTypes(client);

  async function warningsOf(policy: ValidatingAdmissionPolicy) {
    const kinds: TypedKind[] = [];
    for (const kind of await matchedKinds(policy, client)) {
      const type = await types.typeOf(kind);
      if (type !== undefined) kinds.push({ kind, type });
    }
    const { apiVersion = '', kind = '' } = policy.spec?.paramKind ?? {};
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    const params = kind
      ? await types.typeOf({ group, version: apiVersion.slice(slash + 1), kind })
      : undefined;
    return expressionWarnings(policy, kinds, params);
  }

  return {
    name: 'validatingadmissionpolicy-status-controller',
    queue,
    informers: [policies],
    async reconcile(name) {
      const policy = policies.lister.get(name);
      if (policy === undefined) return undefined;
      const { generation = 0 } = policy.metadata;
      if (generation <= (policy.status?.observedGeneration ?? 0)) return undefined;
      const warnings = await warningsOf(policy);
      const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings };
      try {
        await client.patch(
          validatingAdmissionPolicies,
          { name },
          {
            type: 'application/apply-patch+yaml',
            subresource: 'status',
            fieldManager: FIELD_MANAGER,
            force: true,
            body: {
              apiVersion: 'admissionregistration.k8s.io/v1',
              kind: 'ValidatingAdmissionPolicy',
              metadata: { name },
              status: { observedGeneration: generation, typeChecking },
            },
          },
        );
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
      return undefined;
    },
  };
}
