import type { Node } from '../../api/types/core-v1.ts';

export function nodeReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}
