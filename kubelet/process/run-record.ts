import type { Disk } from '../../platform/files/disk.ts';
import type { FileTree } from '../../platform/files/file-tree.ts';
import type { ProcessId } from '../../platform/processes.ts';
import type { ContainerExit } from '../runtime.ts';

/** What the next agent has to know of one run of a container. */
export interface RunRecord {
  readonly container: string;
  readonly process: ProcessId;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly ports: readonly (readonly [number, number])[];
  /** Set once it has ended. */
  readonly exit?: ContainerExit;
}

const pathOf = (folder: string): string => `${folder}/record.json`;

export async function readRecord(disk: Disk, folder: string): Promise<RunRecord | undefined> {
  const bytes = await disk.read(pathOf(folder));
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as RunRecord;
  } catch {
    // Half written when the machine stopped: whatever it was runs no longer.
    return undefined;
  }
}

/** At once and whole, for a reader that comes at any time. Secrets may be in it. */
export async function writeRecord(
  files: FileTree,
  folder: string,
  record: RunRecord,
): Promise<void> {
  const aside = `${pathOf(folder)}.part`;
  await files.write(aside, JSON.stringify(record), 0o600);
  await files.rename(aside, pathOf(folder));
}
