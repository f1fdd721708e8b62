import type { Container, Pod } from '../../api/types/core-v1.ts';
import type { Session } from '../session.ts';

/** Says so if the pod's user will have nothing from the rights that the profile gives. */
export function warnOfUser(
  session: Session,
  { spec }: Pod,
  { securityContext: rights }: Pick<Container, 'securityContext'>,
): void {
  if (!spec.securityContext?.runAsUser || rights === undefined || rights.runAsUser === 0) return;
  if (!rights.privileged && !rights.capabilities?.add?.length) return;
  session.complain(
    'Warning: Non-root user is configured for the entire target Pod, and some capabilities ' +
      'granted by debug profile may not work. Please consider using "--custom" with a custom ' +
      'profile that specifies "securityContext.runAsUser: 0".',
  );
}
