#!/usr/bin/env bash
# A walk through reconciliation. Needs a running cluster (npm start) and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

say 'Desired state: a namespace, a Deployment of three replicas, a Service.'
run kubectl-lite apply -f "$here/web.yaml"

say 'The deployment controller made a ReplicaSet, that one three Pods, the scheduler gave them nodes, the nodes run them.'
eventually 10 'web +3/3' kubectl-lite get deployments -n web
run kubectl-lite get pods -n web -o wide
eventually 5 '10\.[0-9.]+:80,.*:80,.*:80' kubectl-lite get endpoints web -n web

say 'Scaling changes the desired state; the loops do the rest.'
run kubectl-lite scale deployment web --replicas=5 -n web
eventually 10 'web +5/5' kubectl-lite get deployments -n web

say 'Self-healing: a pod that goes away is replaced.'
victim=$(kubectl-lite get pods -n web -o name | head -n 1)
run kubectl-lite delete "$victim" -n web
eventually 10 'web +5/5' kubectl-lite get deployments -n web

say 'A rolling update: a new ReplicaSet grows while the old one shrinks.'
sed -e 's/nginx:1.27/nginx:1.28/' -e 's/replicas: 3/replicas: 5/' "$here/web.yaml" | run kubectl-lite apply -f -
eventually 20 'web-[a-z0-9]+ +0 +0 +0' kubectl-lite get replicasets -n web
eventually 10 'web +5/5 +5 ' kubectl-lite get deployments -n web
run kubectl-lite describe deployment web -n web

say 'Deleting the namespace deletes everything in it.'
run kubectl-lite delete namespace web
