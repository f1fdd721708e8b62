/**
 * How long a node agent may go on with what it read of secrets and configMaps: the larger the
 * cluster, the longer, so that its agents do not ask too often. A step is left only well below
 * where it began: a cluster at its edge must not have all its nodes written again and again.
 */
export const TTL_ANNOTATION = 'node.alpha.kubernetes.io/ttl';

interface Step {
  /** With fewer nodes, the step before. */
  readonly least: number;
  /** With more nodes, the next. */
  readonly most: number;
  readonly seconds: number;
}

/** As kube-controller-manager has them. */
const steps: readonly Step[] = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Infinity, seconds: 300 },
];

export class TtlSteps {
  #step = 0;

  /** The seconds that suit so many nodes. */
  secondsFor(nodes: number): number {
    while (nodes > steps[this.#step]!.most) this.#step++;
    while (nodes < steps[this.#step]!.least) this.#step--;
    return steps[this.#step]!.seconds;
  }
}
