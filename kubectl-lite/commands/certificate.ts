/** `certificate approve` and `certificate deny`: a condition on certificate signing requests. */
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';
import { formatTime } from '../../api/time.ts';
import { isStatus } from '../../api/status.ts';
import { type AnyCommand, command } from '../command.ts';
import { boolean } from '../flags/flag.ts';
import { ChangePrinter, outputFlags } from '../printers/change-printer.ts';
import { locate, visit } from '../resource/builder.ts';
import { filenameFlags } from '../resource/flags.ts';
import { type Located, objectPath, readLive } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** As often a write is tried anew when somebody else was faster. */
const MAX_ATTEMPTS = 10;

interface Verdict {
  readonly type: 'Approved' | 'Denied';
  readonly other: 'Approved' | 'Denied';
  readonly reason: string;
  readonly message: string;
  readonly operation: string;
}

function verdictCommand(verdict: Verdict): AnyCommand {
  return command({
    usage: '(-f FILENAME | NAME) [options]',
    flags: {
      ...filenameFlags,
      ...outputFlags,
      force: boolean('Decide even if it has been decided already'),
    },
    async run(session, { words, flags }) {
      if (words.length === 0 && flags.filename.length === 0 && flags.kustomize === '') {
        throw new UsageError('one or more CSRs must be specified as <name> or -f <filename>');
      }
      const printer = await ChangePrinter.of(session, flags);
      const named = words.length > 0 ? ['certificatesigningrequests', ...words] : [];
      const found = await locate(session, { ...flags, words: named });
      return visit(session, found, async (located) => {
        const decided = await decide(session, located, { verdict, force: flags.force });
        printer.print(located, verdict.operation, decided);
      });
    },
  });
}

export const approve = verdictCommand({
  type: 'Approved',
  other: 'Denied',
  reason: 'KubectlApprove',
  message: 'This CSR was approved by kubectl certificate approve.',
  operation: 'approved',
});

export const deny = verdictCommand({
  type: 'Denied',
  other: 'Approved',
  reason: 'KubectlDeny',
  message: 'This CSR was denied by kubectl certificate deny.',
  operation: 'denied',
});

async function decide(
  session: Session,
  located: Located,
  { verdict, force }: { readonly verdict: Verdict; readonly force: boolean },
): Promise<CertificateSigningRequest> {
  for (let attempt = 1; ; attempt++) {
    const live = (await readLive(session, located)) as CertificateSigningRequest;
    const conditions = live.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === verdict.other)) {
      throw new UsageError(
        `certificate signing request ${JSON.stringify(located.name)} is already ${verdict.other}`,
      );
    }
    if (!force && conditions.some(({ type }) => type === verdict.type)) return live;
    const condition = {
      type: verdict.type,
      status: 'True',
      reason: verdict.reason,
      message: verdict.message,
      lastUpdateTime: formatTime(session.clock.now()),
    };
    const kept = conditions.filter(({ type }) => type !== verdict.type);
    const body = { ...live, status: { ...live.status, conditions: [...kept, condition] } };
    try {
      const path = objectPath(located, 'approval');
      return (await session.api.send({ method: 'PUT', path, body })) as CertificateSigningRequest;
    } catch (error) {
      if (!isStatus(error, 'Conflict') || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
