const PROXY = /^\/api\/v1\/(?:nodes|namespaces\/[^/]+\/(?:pods|services))\/[^/]+\/proxy(?:[/?]|$)/;

/** Whether a node, pod or service is to be asked in our stead. */
export const isProxyPath = (url: string): boolean => PROXY.test(url);
