import { StoreError } from '../kv.ts';
import type { Permission } from '../mvcc/command.ts';
import { Intervals } from './intervals.ts';

/** What one user may read and write. */
export class Access {
  readonly isRoot: boolean;
  readonly #roles: readonly string[];
  readonly #readable: Intervals;
  readonly #writable: Intervals;

  constructor(roles: readonly string[], permissions: readonly Permission[]) {
    this.#roles = roles;
    this.isRoot = roles.includes('root');
    this.#readable = new Intervals(permissions.filter(({ access }) => access !== 'write'));
    this.#writable = new Intervals(permissions.filter(({ access }) => access !== 'read'));
  }

  hasRole(name: string): boolean {
    return this.#roles.includes(name);
  }

  checkRead(key: string, rangeEnd?: string): void {
    if (!this.isRoot && !this.#readable.covers(key, rangeEnd))
      throw new StoreError('permissionDenied');
  }

  checkWrite(key: string, rangeEnd?: string): void {
    if (!this.isRoot && !this.#writable.covers(key, rangeEnd))
      throw new StoreError('permissionDenied');
  }
}
