import type { RestClient } from '../../client/rest.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { TraceScope } from '../../platform/trace-scope.ts';
import type { Announce, ClusterOptions } from '../options.ts';

export interface EmbeddedOptions extends ClusterOptions {
  readonly logger: Logger;
  readonly announce: Announce;
  /** Which requests are followed from log to log. */
  readonly trace: TraceScope;
  /** Of this process: what containers inherit of it comes from here. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The store cannot go on (its disk failed): the cluster has to be stopped. */
  readonly onFailure: (error: Error) => void;
}

export interface EmbeddedCluster extends Running {
  /** "https://127.0.0.1:6443" */
  readonly server: string;
  /** Where etcd's clients find the store: "http://127.0.0.1:2379". */
  readonly storeEndpoint: string;
  /** Text of the admin's kubeconfig, which also stands in the data directory. */
  readonly kubeconfig: string;
  /** The admin's client, without a socket. */
  readonly client: RestClient;
}
