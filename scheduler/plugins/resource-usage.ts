import type { Resources } from '../../api/scheduling/requests.ts';

/** The names of the resources of which more is asked than is left, in Kubernetes' order. */
export function lacking(asked: Resources, offered: Resources, used: Resources): string[] {
  const names: string[] = [];
  const check = (name: string, amount: number, free: number): void => {
    if (amount > 0 && amount > free) names.push(name);
  };
  check('cpu', asked.milliCpu, offered.milliCpu - used.milliCpu);
  check('memory', asked.memory, offered.memory - used.memory);
  const storage = offered.ephemeralStorage - used.ephemeralStorage;
  check('ephemeral-storage', asked.ephemeralStorage, storage);
  for (const [name, amount] of asked.scalars)
    check(name, amount, (offered.scalars.get(name) ?? 0) - (used.scalars.get(name) ?? 0));
  return names;
}

/** True if nothing is lacking. Runs for every node: it makes no objects. */
export function fits(asked: Resources, offered: Resources, used: Resources): boolean {
  if (asked.milliCpu > 0 && asked.milliCpu > offered.milliCpu - used.milliCpu) return false;
  if (asked.memory > 0 && asked.memory > offered.memory - used.memory) return false;
  const storage = asked.ephemeralStorage;
  if (storage > 0 && storage > offered.ephemeralStorage - used.ephemeralStorage) return false;
  return asked.scalars.size === 0 || scalarsFit(asked, offered, used);
}

function scalarsFit(asked: Resources, offered: Resources, used: Resources): boolean {
  for (const [name, amount] of asked.scalars)
    if (amount > 0 && amount > (offered.scalars.get(name) ?? 0) - (used.scalars.get(name) ?? 0))
      return false;
  return true;
}
