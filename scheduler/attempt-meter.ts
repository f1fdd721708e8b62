/** Hears of each try to place a pod, and of each pod that got a node. */
export interface AttemptMeter {
  selected(begunMs: number): void;
  attempted(
    profile: string,
    result: 'scheduled' | 'unschedulable' | 'error',
    begunMs: number,
  ): void;
  bound(attempts: number, firstQueuedAt: number): void;
}
