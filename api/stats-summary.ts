/** What a kubelet answers at /stats/summary: no kind, so not among the generated types. */

interface Amounts {
  readonly cpu: {
    readonly time: string;
    /** On average over the last seconds. */
    readonly usageNanoCores: number;
    /** Since it began. */
    readonly usageCoreNanoSeconds: number;
  };
  readonly memory: {
    readonly time: string;
    readonly usageBytes: number;
    readonly workingSetBytes: number;
    readonly rssBytes: number;
  };
}

export interface ContainerStats extends Amounts {
  readonly name: string;
  readonly startTime: string | null;
}

export interface PodStats extends Amounts {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly startTime: string | null;
  readonly containers: readonly ContainerStats[];
}

export interface NodeSummary {
  readonly node: Amounts & { readonly nodeName: string; readonly startTime: string | null };
  readonly pods: readonly PodStats[];
}
