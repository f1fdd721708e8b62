/** The other parts of a control plane, as somebody is to hear of them: `kubectl get cs`. */
export interface ComponentHealth {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly message?: string;
  readonly error?: string;
}

export interface Component {
  /** "scheduler", "etcd-0". */
  readonly name: string;
  /** Never rejects. */
  check(): Promise<ComponentHealth>;
}
