import { UsageError } from '../usage-error.ts';

const policies: Readonly<Record<string, string>> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  true: 'Background',
  false: 'Orphan',
};

/** What --cascade asks the garbage collector for. */
export function propagationOf(cascade: string): string {
  const policy = policies[cascade];
  if (policy !== undefined) return policy;
  throw new UsageError(
    `invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`,
  );
}
