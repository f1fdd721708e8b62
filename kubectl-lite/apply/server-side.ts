/** Server-side apply: the server merges, and knows who owns which field (KEP-555). */
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import { dryRunQuery } from '../printers/change-printer.ts';
import { sortKeys } from '../../api/go-json.ts';
import { type Located, objectPath } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { Applied, ApplyOptions } from './client-side.ts';
import { fieldValidation } from './flags.ts';
import { LAST_APPLIED } from './last-applied.ts';

const CLIENT_SIDE_MANAGER = 'kubectl-client-side-apply';

export async function applyServerSide(
  session: Session,
  located: Located,
  { flags, dryRun }: ApplyOptions,
): Promise<Applied> {
  const given = flags['field-manager'];
  const manager = given === CLIENT_SIDE_MANAGER ? 'kubectl' : given;
  const send = async (): Promise<KubernetesObject> =>
    (await session.api.send({
      method: 'PATCH',
      path: objectPath(located, flags.subresource || undefined),
      query: {
        fieldManager: manager,
        fieldValidation: fieldValidation(flags.validate),
        force: String(flags['force-conflicts']),
        ...dryRunQuery(dryRun),
      },
      // JSON is YAML.
      body: sortKeys(located.object),
      contentType: 'application/apply-patch+yaml',
    })) as KubernetesObject;
  try {
    let object = await send();
    if (dryRun === 'none' && object.metadata.annotations?.[LAST_APPLIED] !== undefined) {
      const { keepLastApplied, migrateToServerSide } = await import('./migrate.ts');
      if (manager === 'kubectl') object = await keepLastApplied(session, located, object);
      if (await migrateToServerSide(session, located, { after: object, manager })) {
        object = await send();
      }
    }
    return { object, operation: 'serverside-applied' };
  } catch (error) {
    if (isStatus(error, 'Conflict') && error instanceof StatusError) throw conflict(error);
    throw error;
  }
}

/** Ours names the file as well. */
function conflict(error: StatusError): UsageError {
  return new UsageError(
    `${error.message}\nPlease review the fields above--they currently have other managers. Here\n` +
      'are the ways you can resolve this warning:\n' +
      '* If you intend to manage all of these fields, please re-run the apply\n' +
      '  command with the `--force-conflicts` flag.\n' +
      '* If you do not intend to manage all of the fields, please edit your\n' +
      '  manifest to remove references to the fields that should keep their\n' +
      '  current managers.\n' +
      '* You may co-own fields by updating your manifest to match the existing\n' +
      "  value; in this case, you'll become the manager if the other manager(s)\n" +
      '  stop managing the field (remove it from their configuration).\n' +
      'See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts',
  );
}
