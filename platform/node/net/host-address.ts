import { hostname, networkInterfaces } from 'node:os';

export { hostname };

/** The first address by which other hosts may reach this one; undefined if it has only loopback. */
export function hostAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outward = addresses.filter((entry) => !entry.internal && !entry.address.startsWith('fe80'));
  return (outward.find((entry) => entry.family === 'IPv4') ?? outward[0])?.address;
}
