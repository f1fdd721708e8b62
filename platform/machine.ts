/** What a machine tells of itself. The real one is `platform/node/machine.ts`. */
export interface Machine {
  /** As Go names it: "amd64", "arm64". */
  readonly architecture: string;
  /** As `uname -r` prints it: "6.1.0-28-amd64". */
  readonly kernelVersion: string;
  /** PRETTY_NAME of os-release(5): "Debian GNU/Linux 12 (bookworm)". */
  readonly osImage: string;
}
