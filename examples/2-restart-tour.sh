#!/usr/bin/env bash
# Kills each component and watches it come back. Starts a cluster of its own, each component a process.
. "$(dirname "$0")/lib.sh"

data=$(mktemp -d)
wherry up --separate --data-dir "$data" --port 0 --store-port 0 >"$data/up.log" 2>&1 &
up=$!
trap 'kill "$up" 2>/dev/null || true; wait "$up" 2>/dev/null || true; rm -rf "$data"' EXIT
export KUBECONFIG=$data/kubeconfig

say 'A cluster of processes.'
eventually 30 'node3 +ready' wherry status --data-dir "$data"
run kubectl-lite apply -f "$here/web.yaml"
eventually 20 'web +3/3' kubectl-lite get deployments -n web

for component in store apiserver controllers scheduler node1; do
  say "Kill -9 the $component. Its supervisor starts it again, and nothing is lost."
  run wherry restart "$component" --data-dir "$data"
  eventually 30 "$component +ready +[0-9]+ .* 1$" wherry status --data-dir "$data"
done

say 'The same objects, and the loops still work.'
eventually 20 'web +3/3' kubectl-lite get deployments -n web
run kubectl-lite scale deployment web --replicas=6 -n web
eventually 30 'web +6/6' kubectl-lite get deployments -n web

run wherry down --data-dir "$data"
