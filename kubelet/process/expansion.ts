/** Kubernetes' `$(VAR)` (staging/src/k8s.io/kubectl: third_party/forked/golang/expansion). */

/** Names that nobody defines stay as they are; `$$` is a `$` that begins nothing. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole: string, name: string | undefined) => {
    if (name === undefined) return '$';
    return lookup(name) ?? whole;
  });
}
