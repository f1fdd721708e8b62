/**
 * Calls to servers that others run (webhooks, issuers of tokens, what extension servers serve):
 * one exchange of bounded size, over kept connections. Compare `upstream.ts`.
 */
export interface OutgoingRequest {
  readonly method: string;
  /** "https://host:port/path?query": what goes into the request, whatever is dialled. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array;
  /** Where to connect, if not to the URL's host. */
  readonly address?: { readonly host: string; readonly port: number };
  /** PEM authorities to trust. Absent: the system's. */
  readonly ca?: string;
  /** PEM, to prove who calls. */
  readonly client?: { readonly certificate: string; readonly privateKey: string };
  /** The name the server's certificate must bear, if not the URL's host. */
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
  /** A longer answer rejects with {@link OutgoingAnswerTooLarge}. */
  readonly maxAnswerBytes: number;
  /** Ends the exchange at any point; it then rejects. */
  readonly signal: AbortSignal;
}

export interface OutgoingAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export class OutgoingAnswerTooLarge extends Error {
  override readonly name = 'OutgoingAnswerTooLarge';
  /** Of the answer's head, which had come. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Rejects with the system's own error (`code` kept; TLS errors keep OpenSSL's). */
export interface OutgoingHttp {
  send(request: OutgoingRequest): Promise<OutgoingAnswer>;
  /** Ends what is under way and closes the sockets. */
  close(): Promise<void>;
}
