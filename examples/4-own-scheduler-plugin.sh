#!/usr/bin/env bash
# A second scheduler with a plugin of ours. Needs a running cluster (npm start) and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

say 'A scheduler beside the cluster'"'"'s own: two profiles, and a plugin from a file outside the package.'
run cat "$here/scheduler/config.yaml"
wherry scheduler --config "$here/scheduler/config.yaml" --plugins "$here/scheduler/one-team-per-node.mjs" \
  --kubeconfig "${KUBECONFIG:-.wherry/kubeconfig}" --log-level warn &
trap 'kill $! 2>/dev/null' EXIT

say 'Three pods of two teams. The plugin keeps teams apart.'
run kubectl-lite apply -f "$here/scheduler/pods.yaml"
eventually 20 'red-2 +1/1' kubectl-lite get pods -n teams -o wide
eventually 20 'blue-1 +1/1' kubectl-lite get pods -n teams -o wide
nodes_of() { kubectl-lite get pods -n teams -l "team=$1" -o json | sed -n 's/.*"nodeName": *"\([^"]*\)".*/\1/p' | sort -u; }
printf 'red on: %s, blue on: %s\n' "$(nodes_of red | xargs)" "$(nodes_of blue | xargs)"
if comm -12 <(nodes_of red) <(nodes_of blue) | grep -q .; then
  echo 'two teams share a node' >&2
  exit 1
fi

say 'The events come from the profile that placed the pod.'
eventually 10 'Successfully assigned teams/red-1' kubectl-lite describe pod red-1 -n teams

run kubectl-lite delete namespace teams
