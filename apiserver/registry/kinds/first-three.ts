const SHOWN = 3;

/** "a,b,c + 2 more...". */
export function firstThree(items: readonly (string | number)[]): string {
  const shown = items.slice(0, SHOWN).join(',');
  return items.length > SHOWN ? `${shown} + ${items.length - SHOWN} more...` : shown;
}
