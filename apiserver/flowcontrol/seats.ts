/**
 * Seats: how many requests of a priority level may be at work. A level always has its guaranteed
 * ones. The rest of its nominal ones it lends: they are a pool for all levels, in which whoever
 * is below its nominal number goes first. Levels together never hold more than all nominal seats.
 */
import type { PriorityLevelConfigurationSpec } from '../../api/types/flowcontrol-v1.ts';

const DEFAULT_SHARES = 30;

interface Portion {
  readonly nominal: number;
  readonly lendable: number;
  /** Most that it may hold, with what it borrows. */
  readonly most: number;
}

const sharesOf = ({ type, limited, exempt }: PriorityLevelConfigurationSpec): number =>
  type === 'Exempt'
    ? (exempt?.nominalConcurrencyShares ?? 0)
    : (limited?.nominalConcurrencyShares ?? DEFAULT_SHARES);

/** Each level's part of `total`, by its shares. */
export function portions(
  levels: ReadonlyMap<string, PriorityLevelConfigurationSpec>,
  total: number,
): Map<string, Portion> {
  const shares = [...levels.values()].reduce((sum, spec) => sum + sharesOf(spec), 0);
  return new Map(
    [...levels].map(([name, spec]) => {
      const nominal = shares === 0 ? 0 : Math.ceil((total * sharesOf(spec)) / shares);
      const { lendablePercent = 0 } = (spec.type === 'Exempt' ? spec.exempt : spec.limited) ?? {};
      const borrowing = spec.limited?.borrowingLimitPercent;
      const most =
        borrowing === undefined ? Infinity : nominal + Math.round((nominal * borrowing) / 100);
      return [name, { nominal, lendable: Math.round((nominal * lendablePercent) / 100), most }];
    }),
  );
}

/** What levels lend each other. */
export class SeatPool {
  size = 0;
  used = 0;

  get free(): number {
    return this.size - this.used;
  }
}

export class LevelSeats {
  readonly #pool: SeatPool;
  #portion: Portion = { nominal: 0, lendable: 0, most: 0 };
  #used = 0;

  constructor(pool: SeatPool) {
    this.#pool = pool;
  }

  get used(): number {
    return this.#used;
  }

  get nominal(): number {
    return this.#portion.nominal;
  }

  /** Those who wait here go before levels that already hold all that is theirs. */
  get belowNominal(): boolean {
    return this.#used < this.#portion.nominal;
  }

  set(portion: Portion): void {
    const { pooled: before } = this;
    this.#pool.size += portion.lendable - this.#portion.lendable;
    this.#portion = portion;
    this.#pool.used += this.pooled - before;
  }

  /** A request wider than all seats of the level has its turn when it is alone. */
  fits(width: number): boolean {
    const { most } = this.#portion;
    if (this.#used === 0 && most > 0 && this.#guaranteed > 0) return true;
    if (this.#used + width > most) return false;
    const more = this.#pooledAt(this.#used + width) - this.pooled;
    return more <= Math.max(0, this.#pool.free) || more === 0;
  }

  take(width: number): void {
    this.#change(width);
  }

  giveBack(width: number): void {
    this.#change(-width);
  }

  get pooled(): number {
    return this.#pooledAt(this.#used);
  }

  #change(width: number): void {
    const { pooled: before } = this;
    this.#used += width;
    this.#pool.used += this.pooled - before;
  }

  get #guaranteed(): number {
    return this.#portion.nominal - this.#portion.lendable;
  }

  #pooledAt(used: number): number {
    return Math.max(0, used - this.#guaranteed);
  }
}
