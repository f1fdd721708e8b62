/** The certificates in the data directory: how long they are good for. */
import type { Clock } from '../../platform/clock.ts';
import type { Disk } from '../../platform/files/disk.ts';
import type { X509 } from '../../platform/crypto/x509.ts';
import { failed, type Finding, ok, warning } from './finding.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Leaves are issued anew, at a start and while running, once they have less left than this. */
const SOON_DAYS = 30;

export interface CertificateSources {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly x509: X509;
  readonly folder: string;
}

export async function certificateFindings(sources: CertificateSources): Promise<Finding[]> {
  const { disk, clock, x509, folder } = sources;
  const files = (await disk.list(folder)).filter((name) => name.endsWith('.crt'));
  const left: { name: string; days: number }[] = [];
  const findings: Finding[] = [];
  for (const name of files) {
    const pem = Buffer.from((await disk.read(`${folder}/${name}`)) ?? []).toString('utf8');
    try {
      const { notBeforeMs, notAfterMs } = x509.inspect(pem);
      if (notBeforeMs > clock.now()) {
        findings.push(
          failed(`certificate ${name}`, `not valid yet: this machine's clock is behind; set it`),
        );
      }
      left.push({ name, days: Math.floor((notAfterMs - clock.now()) / DAY_MS) });
    } catch (error) {
      findings.push(failed(`certificate ${name}`, (error as Error).message));
    }
  }
  const first = left.sort((a, b) => a.days - b.days)[0];
  if (first === undefined) return findings;
  const says = `the first to expire is ${first.name}, in ${first.days} days`;
  const renew = 'a restart of the cluster issues it anew';
  if (first.days < 0) findings.push(failed('certificates', `${first.name} has expired; ${renew}`));
  else if (first.days < SOON_DAYS) findings.push(warning('certificates', `${says}; ${renew}`));
  else findings.push(ok('certificates', says));
  return findings;
}
