/** Where our controllers are meant to differ from kube-controller-manager, and why. */
import type { Justified } from './differences.ts';

export const justified: readonly Justified[] = [
  {
    scenario: /claims/,
    lines: /^[-+] event .* ProvisioningFailed: Error saving claim: Operation cannot be fulfilled/,
    why: 'said only by who meets another writer of the claim',
  },
  {
    scenario: /^service without a pod$|service selects pods then$/,
    lines: /^[-+] {2}EndpointSlice\/web-\* 0 metadata managers 0 = /,
    why: 'ours owns the empty list of endpoints that it sent, where Go sent null',
  },
  {
    scenario: /^service with named and several ports$/,
    lines: /^[-+] {2}Endpoints\/web 0 subsets \d+ ports /,
    why: 'Kubernetes orders them by hashes of how Go prints them; ours are in the order of texts',
  },
  {
    scenario: /^budget that names disrupted pods/,
    lines: /^[-+] event .* NotDeleted: Pod was expected by PDB /,
    why: 'Kubernetes names the namespace where the name belongs',
  },
  {
    scenario: /^autoscaler/,
    lines: /^[-+] event .*did not receive metrics for targeted pods \(pods might be unready\)/,
    why: 'said only by who looks before the first window of metrics is over',
  },
  {
    scenario: /volume that a driver attaches|volume another node has/,
    lines:
      /^[-+] {2}VolumeAttachment\/csi-\w+ 0 metadata managers 1 = .* \/f:status\/f:attached"?$/,
    why: 'beside kube-controller-manager the driver of hollow volumes is a client of its own',
  },
];
