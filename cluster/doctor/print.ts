import type { Finding } from './finding.ts';

const marks = { ok: 'ok', warning: 'WARN', failed: 'FAIL' } as const;

/** A line each; the exit code is 1 if one failed. */
export function printFindings(out: (text: string) => void, findings: readonly Finding[]): number {
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { verdict, what, says } of findings) {
    out(`${marks[verdict].padEnd(4)}  ${what.padEnd(width)}  ${says}\n`);
  }
  return findings.some(({ verdict }) => verdict === 'failed') ? 1 : 0;
}
