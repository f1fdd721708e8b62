import { versionOf } from '../../bench/kubernetes.ts';

/** Whether a program of Kubernetes is on the PATH. Nobody needs it; who skips says so. */
export function isInstalled(program: string): boolean {
  if (versionOf(program) !== undefined) return true;
  console.warn(`SKIPPED: ${program} is not installed, so nothing was compared with it`);
  return false;
}
