import { isStatus } from '../../api/status.ts';
import type { DryRun } from '../printers/change-printer.ts';
import type { Session } from '../session.ts';
import { type Located, objectPath } from './located.ts';
import { propagationOf } from './propagation.ts';

/** Resolves to false if it was not there. `graceSeconds` below 0: as the object says. */
export async function deleteObject(
  session: Session,
  located: Located,
  how: {
    readonly cascade: string;
    readonly graceSeconds: number;
    readonly dryRun?: DryRun;
  },
): Promise<boolean> {
  const { cascade, graceSeconds, dryRun = 'none' } = how;
  try {
    await session.api.send({
      method: 'DELETE',
      path: objectPath(located),
      // Servers ignore the query of a request that has a body.
      body: {
        propagationPolicy: propagationOf(cascade),
        ...(graceSeconds < 0 ? {} : { gracePeriodSeconds: graceSeconds }),
        ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
      },
    });
    return true;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return false;
    throw error;
  }
}
