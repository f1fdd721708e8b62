/**
 * On a Node: where its agent answers, as a URL below which the kubelet's paths are. Without it the
 * agent is at the node's address and port, as Kubernetes has it.
 */
export const KUBELET_URL_ANNOTATION = 'wherry.io/kubelet-url';
