import type { Effects } from '../platform/effects.ts';
import type { HttpHandler } from '../platform/net/http.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Metrics } from '../platform/metrics/metrics.ts';
import type { OutgoingHttp } from '../platform/net/outgoing-http.ts';
import type { TraceScope } from '../platform/trace-scope.ts';
import type { Turns } from '../platform/turns.ts';
import type { Kv } from '../store/kv.ts';
import type { PluginChoice } from './admission/plugins.ts';
import type { Aggregation } from './aggregation/aggregator-of.ts';
import type { Authenticator } from './authn/authenticator.ts';
import type { User } from './authn/user.ts';
import type { Authorizer } from './authz/authorizer.ts';
import type { AuthorizationStep } from './authz/modes.ts';
import type { ClientAuthentication } from './bootstrap/client-authentication.ts';
import type { ServerIdentity } from './bootstrap/identity-lease.ts';
import type { ServerAddress } from './bootstrap/server-addresses.ts';
import type { Encryption } from './encryption/encryption.ts';
import type { FlowLimits } from './flow-limits.ts';
import type { ServiceAccountTokens, TokenSorts } from './identity.ts';
import type { NodeWay } from './node-passages.ts';
import type { ReadDescriptions } from './openapi-source.ts';
import type { PipelineOptions } from './pipeline/filters.ts';
import type { Component } from './registry/components.ts';
import type { ResourceDeclaration } from './registry/declaration.ts';

export interface ApiServerOptions extends Effects {
  readonly kv: Kv;
  /** Default: every kind of `registry/kinds`. */
  readonly kinds?: readonly ResourceDeclaration[];
  /** Bearer tokens and whom they prove. */
  readonly tokens?: ReadonlyMap<string, User>;
  /** What /metrics shows; shared with other parts of the process. */
  readonly metrics?: Metrics | undefined;
  /** Where requests are followed from log to log. Default: nowhere. */
  readonly trace?: TraceScope | undefined;
  /** What is logged of requests. Default: nothing. */
  readonly audit?: PipelineOptions['audit'];
  /** Of a text, "sha256:…": discovery tells by it which version is stored. Default: it does not. */
  readonly fingerprint?: (text: string) => string;
  /** Told in a Lease. Default: nothing is. */
  readonly identity?: ServerIdentity | undefined;
  /** What is encrypted in the store. Default: nothing. */
  readonly encryption?: Encryption | undefined;
  /** Absent: there are no tokens of service accounts. */
  readonly serviceAccounts?: ServiceAccountTokens | undefined;
  /** Default: the issuers of service accounts' tokens. */
  readonly apiAudiences?: readonly string[] | undefined;
  /** More ways to prove an identity, tried before certificates and tokens. */
  readonly authenticators?: readonly Authenticator[];
  readonly tokenSorts?: TokenSorts | undefined;
  /**
   * Requests without credentials are system:anonymous, and may do what that user may: everywhere
   * (the default), nowhere, or at these paths.
   */
  readonly anonymousAuth?: boolean | readonly string[];
  /** Tokens in Secrets by which nodes first prove themselves. Default: none. */
  readonly bootstrapTokens?: boolean;
  /** Default: what {@link authorizationSteps} say. */
  readonly authorizer?: Authorizer;
  /** Another array once others decide. Default Node and RBAC. */
  readonly authorizationSteps?: () => readonly AuthorizationStep[];
  /** Default 10.96.0.0/12. */
  readonly serviceClusterIpRange?: string | undefined;
  /** Default 30000-32767. */
  readonly serviceNodePortRange?: string | undefined;
  /** Default: as in Kubernetes. */
  readonly admissionPlugins?: PluginChoice | undefined;
  /** Told to extension servers. Default: nothing is. */
  readonly clientAuthentication?: ClientAuthentication | undefined;
  /** Which requests wait for which. */
  readonly limits?: FlowLimits | undefined;
  /** Runs a function once what has arrived meanwhile is known. Default: by the clock. */
  readonly nextTurn?: Turns['nextTurn'] | undefined;
  readonly requestTimeoutMs?: number;
  readonly strictTransport?: PipelineOptions['strictTransport'];
  /** How webhooks are called. Without it, none is. */
  readonly outgoing?: OutgoingHttp | undefined;
  /** Of whose health clients can ask, besides the store's. Default: nobody's. */
  readonly components?: readonly Component[];
  /** How the nodes' agents are reached. Without it, logs, exec and proxies are refused (503). */
  readonly nodes?: NodeWay | undefined;
  /** How other servers are asked for what they serve. Without it, none is. */
  readonly aggregation?: Aggregation | undefined;
  /** Texts of `kubectl explain`, read when OpenAPI is first asked for: {@link readDescriptions}. */
  readonly descriptions?: ReadDescriptions;
}

export interface ApiServer extends Running {
  /** The whole pipeline, without a socket: `peer.certificate` says who calls. */
  readonly handler: HttpHandler;
  /** Whether a request for this path goes to another server, with its body as it comes. */
  passesOn(url: string): boolean;
  /** Resolves once /readyz would say so for the first time; never, while the store is away. */
  ready(): Promise<void>;
  /**
   * Where this server is reached. Call it once it listens. Clients are told in the Endpoints of
   * the Service kubernetes, unless `isTold` is false: then nobody writes these.
   */
  advertise(address: ServerAddress, isTold?: boolean): void;
}
