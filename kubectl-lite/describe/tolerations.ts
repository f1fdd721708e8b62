import type { Toleration } from '../../api/types/core-v1.ts';
import type { DescriptionWriter } from './writer.ts';

export function describeTolerations(
  writer: DescriptionWriter,
  level: number,
  tolerations: readonly Toleration[] | undefined,
): void {
  const sorted = [...(tolerations ?? [])].sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  const texts = sorted.map((toleration) => {
    const { key = '', value, effect, operator, tolerationSeconds } = toleration;
    const equals = value ? `=${value}` : '';
    const how = effect ? `:${effect}` : '';
    // What tolerates every key has its operator as its name.
    const op =
      operator === 'Exists' && !value ? (key === '' && !effect ? 'op=Exists' : ' op=Exists') : '';
    const limit = tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`;
    return `${key}${equals}${how}${op}${limit}`;
  });
  writer.field(level, 'Tolerations', texts[0]);
  for (const text of texts.slice(1)) writer.line(level, `\t${text}`);
}
