const abbreviations = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

/** "RWO,RWX". */
export function accessModesText(modes: readonly string[] = []): string {
  return abbreviations
    .filter(([mode]) => modes.includes(mode))
    .map(([, text]) => text)
    .join(',');
}
