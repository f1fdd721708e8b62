import type { KubernetesObject } from '../../api/meta.ts';
import type { OtherResources } from './other-resources.ts';

/** A subresource that another server answers: a node's agent, or a pod itself. */
export interface ConnectSubresource<T extends KubernetesObject> {
  readonly name: string;
  readonly verbs: readonly ('create' | 'delete' | 'get' | 'patch' | 'update')[];
  /** In discovery, and of what admission is shown. Default: the parent's. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /**
   * upgrade: connections that are taken over, nothing else; text: an answer that streams; proxy:
   * whatever the client sends, with the rest of the path, and whatever comes back.
   */
  readonly carries: 'upgrade' | 'text' | 'proxy';
  /** The request as admission sees it. Absent: it is not asked, as for any GET. */
  options?(request: ConnectOptions): Readonly<Record<string, unknown>>;
  passage: ConnectPassage<T>;
}

export interface ConnectOptions {
  readonly query: URLSearchParams;
  /** What follows the subresource, as the client wrote it: "", "/", "/a/b%20c/". */
  readonly path: string;
}

export interface ConnectRequest<T extends KubernetesObject> extends ConnectOptions {
  readonly namespace: string;
  /** As in the path: for proxies perhaps "https:web:8443". */
  readonly name: string;
  /** The parent; rejects with NotFound. */
  readonly parent: (name: string) => Promise<T>;
  readonly others: OtherResources;
  /** A random number below that. */
  readonly pick: (below: number) => number;
}

/** Who answers, and what is asked of it. */
export type Passage =
  /** Nobody: the answer is empty. */
  | { readonly to: 'nobody' }
  | {
      readonly to: 'agent';
      readonly node: string;
      readonly path: string;
      readonly query: URLSearchParams;
      /** The agent's certificate need not be known. */
      readonly insecure?: boolean;
    }
  /** By the agent of its node, since pods' own addresses lead nowhere. */
  | {
      readonly to: 'pod';
      readonly node: string;
      readonly namespace: string;
      readonly pod: string;
      readonly port: number;
      readonly secure: boolean;
      readonly path: string;
      readonly query: URLSearchParams;
    };

/** A method's type, for bivariance. Rejects with StatusError to refuse. */
export type ConnectPassage<T extends KubernetesObject> = {
  of(request: ConnectRequest<T>): Promise<Passage>;
}['of'];
