#!/usr/bin/env bash
# Sees the cluster's state where it lives: keys in an etcd-compatible store. Needs a running cluster
# (npm start) and stock etcdctl (Debian: apt-get install etcd-client).
. "$(dirname "$0")/lib.sh"

export ETCDCTL_API=3
export ETCDCTL_ENDPOINTS=${ETCDCTL_ENDPOINTS:-127.0.0.1:2379}

say 'Every object is one key.'
run etcdctl get /registry --prefix --keys-only

say 'A watch on the prefix shows each write as it happens.'
log=$(mktemp)
etcdctl watch /registry/configmaps/default --prefix >"$log" &
watcher=$!
trap 'kill "$watcher" 2>/dev/null || true; rm -f "$log"' EXIT

printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: watched\n  namespace: default\ndata:\n  seen: "yes"\n' |
  run kubectl-lite apply -f -
eventually 10 '/registry/configmaps/default/watched' cat "$log"
run kubectl-lite delete configmap watched
eventually 10 'DELETE' cat "$log"

say 'The store answers as etcd does.'
run etcdctl endpoint health
run etcdctl endpoint status -w table
