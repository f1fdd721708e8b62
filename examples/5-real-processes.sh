#!/usr/bin/env bash
# Containers that are processes of this machine. Starts a cluster of its own and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

data=$(mktemp -d)
forward=
finish() {
  [ -z "$forward" ] || kill "$forward" 2>/dev/null || true
  wherry down --data-dir "$data" >/dev/null 2>&1 || true
  rm -rf "$data"
}
trap finish EXIT
wherry() { node "$root/dist/cluster/main.cjs" "$@"; }
kubectl-lite() { node "$root/dist/kubectl-lite/main.js" "$@"; }

run wherry up --detach --runtime process --nodes 1 --data-dir "$data" --port 0 --store-port 0
export KUBECONFIG="$data/kubeconfig"

say 'A Deployment of a small web server: one real process.'
run kubectl-lite apply -f "$here/processes.yaml"
eventually 30 'web +1/1' kubectl-lite get deployments

say 'It answers through a forwarded port.'
# Not by the function: $! would be the shell around it, and the program would outlive that.
node "$root/dist/kubectl-lite/main.js" port-forward deployment/web :8080 >"$data/forward.log" 2>&1 &
forward=$!
eventually 20 'Forwarding from 127.0.0.1' cat "$data/forward.log"
port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\).*/\1/p' "$data/forward.log")
run curl -s "http://127.0.0.1:$port/visit"
eventually 10 'GET /visit' kubectl-lite logs deployment/web

say 'A command beside it, in its folder and with its variables.'
run kubectl-lite exec deployment/web -- sh -c 'echo "pid $$ in $PWD, port $PORT"'

say 'Its liveness probe fails: it is started again.'
run kubectl-lite exec deployment/web -- touch broken
eventually 30 'web-[a-z0-9-]+ +1/1 +Running +1 ' kubectl-lite get pods

say 'Down with the cluster, and with its processes.'
run wherry down --data-dir "$data"
if grep -lsa "WHERRY_CONTAINER=$data" /proc/[0-9]*/environ; then
  echo 'a process was left' >&2
  exit 1
fi
echo 'nothing is left'
