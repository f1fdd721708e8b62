/**
 * Fills Secrets of the type kubernetes.io/service-account-token with a token of the account they
 * name, and deletes them with it. Such tokens live as long as their Secret; nothing makes such
 * Secrets by itself any longer.
 */
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { secrets as secretType, serviceAccounts } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { ACCOUNT_NAME, TOKEN_TYPE } from '../../api/token-secrets.ts';
import type { Secret, ServiceAccount } from '../../api/types/core-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { planTokenSecret } from './plan.ts';

const LEGACY = 'kubernetes.io/serviceaccount/';

/** What is said of a token in a Secret; the API server checks it against both objects. */
function claimsOf(account: ServiceAccount, secret: Secret): Readonly<Record<string, unknown>> {
  const [namespace, name] = [namespaceOf(account), nameOf(account)];
  return {
    iss: 'kubernetes/serviceaccount',
    [`${LEGACY}namespace`]: namespace,
    [`${LEGACY}secret.name`]: nameOf(secret),
    [`${LEGACY}service-account.name`]: name,
    [`${LEGACY}service-account.uid`]: uidOf(account),
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

export function serviceAccountTokenController(context: ControllerContext): Controller {
  const { client, clock, informers, rootCa = '', signToken } = context;
  const queue = new WorkQueue({ clock });
  const secrets = informers.of(secretType);
  const accounts = informers.of(serviceAccounts);
  const isToken = ({ type }: Secret): boolean => type === TOKEN_TYPE;
  enqueueSelf(secrets, queue, isToken);
  const queueOf = (account: ServiceAccount): void => {
    const namespace = namespaceOf(account);
    for (const secret of secrets.lister.list())
      if (
        isToken(secret) &&
        namespaceOf(secret) === namespace &&
        secret.metadata.annotations?.[ACCOUNT_NAME] === nameOf(account)
      )
        queue.add(`${namespace}/${nameOf(secret)}`);
  };
  accounts.addHandler({ added: queueOf, deleted: queueOf });

  /** The cache may not have a new account yet, and what is deleted is gone. */
  async function accountOf(secret: Secret): Promise<ServiceAccount | undefined> {
    const namespace = namespaceOf(secret);
    const name = secret.metadata.annotations?.[ACCOUNT_NAME] ?? '';
    const cached = accounts.lister.get(`${namespace}/${name}`);
    if (cached !== undefined || name === '') return cached;
    try {
      return await client.get(serviceAccounts, { namespace, name });
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  return {
    name: 'serviceaccount-token-controller',
    queue,
    informers: [secrets, accounts],
    async reconcile(key) {
      const secret = secrets.lister.get(key);
      if (secret === undefined || signToken === undefined) return undefined;
      const plan = planTokenSecret(secret, await accountOf(secret), {
        rootCa,
        token: (account) => signToken(claimsOf(account, secret)),
      });
      const ref = { namespace: namespaceOf(secret), name: nameOf(secret) };
      try {
        if (plan.type === 'fill') await client.update(secretType, plan.secret);
        if (plan.type === 'delete')
          await client.delete(secretType, ref, { preconditions: { uid: uidOf(secret) } });
      } catch (error) {
        // Gone, or its next version is on the way and will be looked at.
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
      }
      return undefined;
    },
  };
}
