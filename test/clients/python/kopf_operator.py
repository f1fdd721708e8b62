"""An operator with kopf, and what a user does to see it work; prints one line per check."""

import json
import os
import subprocess
import sys
import tempfile
import time

import kopf
from kubernetes import client, config

GROUP, VERSION, PLURAL, NAMESPACE = "kopf.example.com", "v1", "boats", "kopf"
FINALIZER = f"{GROUP}/moored"
PATIENCE_SECONDS = 120


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_):
    config.load_kube_config()
    certificate, key = os.environ["HOOK_CERTIFICATE"], os.environ["HOOK_KEY"]
    settings.admission.server = kopf.WebhookServer(
        addr="127.0.0.1", host="127.0.0.1", certfile=certificate, pkeyfile=key, cafile=certificate
    )
    settings.admission.managed = GROUP
    settings.persistence.finalizer = FINALIZER
    # Its watches end and begin anew while the checks run.
    settings.watching.server_timeout = 2


@kopf.on.login()
def login(**kwargs):
    return kopf.login_with_kubeconfig(**kwargs)


@kopf.on.mutate(GROUP, VERSION, PLURAL, operations=["CREATE"])
def default_crew(spec, patch, warnings, **_):
    if "crew" not in spec:
        patch.spec["crew"] = 1
        warnings.append("nobody is at the oars")


@kopf.on.validate(GROUP, VERSION, PLURAL, operations=["CREATE", "UPDATE"])
def fits(spec, **_):
    if spec.get("crew", 0) > 8:
        raise kopf.AdmissionError("it would sink")


@kopf.index(GROUP, VERSION, PLURAL)
def by_crew(name, spec, **_):
    return {spec.get("crew"): name}


@kopf.on.create(GROUP, VERSION, PLURAL)
def launch(spec, name, namespace, body, **_):
    labels = {"boat": name}
    deployment = {
        "metadata": {"name": name},
        "spec": {
            "replicas": spec["crew"],
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "rower", "image": "rower:1"}]},
            },
        },
    }
    kopf.adopt(deployment)
    client.AppsV1Api().create_namespaced_deployment(namespace, deployment)
    kopf.info(body, reason="Launched", message="it swims")
    return {"rowers": spec["crew"]}


@kopf.on.create(GROUP, VERSION, PLURAL)
def christen(retry, **_):
    if retry < 2:
        raise kopf.TemporaryError("the bottle did not break", delay=0.2)
    return f"try {retry}"


@kopf.on.field(GROUP, VERSION, PLURAL, field="spec.crew")
def crew(old, new, name, namespace, patch, **_):
    if old is None:
        return
    patch.status["before"] = old
    client.AppsV1Api().patch_namespaced_deployment(name, namespace, {"spec": {"replicas": new}})


@kopf.on.resume(GROUP, VERSION, PLURAL)
def resume(patch, **_):
    patch.status["resumed"] = True


@kopf.timer(GROUP, VERSION, PLURAL, interval=0.5)
def row(patch, status, by_crew, **_):
    patch.status["strokes"] = status.get("strokes", 0) + 1
    patch.status["seen"] = sorted(name for names in by_crew.values() for name in names)


@kopf.daemon(GROUP, VERSION, PLURAL)
def light(stopped, name, namespace, **_):
    core = client.CoreV1Api()
    try:
        core.create_namespaced_config_map(namespace, {"metadata": {"name": f"{name}-light"}})
    except client.ApiException as error:
        # An operator that was killed has left it.
        assert error.status == 409, error
    stopped.wait()
    core.delete_namespaced_config_map(f"{name}-light", namespace)


@kopf.on.event("apps", "v1", "deployments", labels={"boat": kopf.PRESENT})
def rowers(event, name, logger, **_):
    logger.info("deployment %s %s", name, event["type"])


@kopf.on.delete(GROUP, VERSION, PLURAL)
def sink(body, **_):
    kopf.info(body, reason="Sunk", message="it is gone")


def eventually(what, probe):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.2)


class Operator:
    """`kopf run` of this file as a process of its own."""

    def __init__(self):
        self.log = tempfile.TemporaryFile("w+")
        command = [sys.executable, "-m", "kopf", "run", "--standalone", "-A", __file__]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)

    def end(self, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)

    def said(self):
        self.log.seek(0)
        return self.log.read()[-4000:]


def define():
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": anything, "status": anything},
            }
        },
    }
    names = {"plural": PLURAL, "singular": "boat", "kind": "Boat"}
    spec = {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]}
    body = {"metadata": {"name": f"{PLURAL}.{GROUP}"}, "spec": spec}
    client.ApiextensionsV1Api().create_custom_resource_definition(body)
    client.CoreV1Api().create_namespace({"metadata": {"name": NAMESPACE}})


def checks():
    boats = client.CustomObjectsApi()
    at = (GROUP, VERSION, NAMESPACE, PLURAL)

    def boat():
        return boats.get_namespaced_custom_object(*at, "argo")

    def status():
        return boat().get("status", {})

    def replicas():
        deployments = client.AppsV1Api().list_namespaced_deployment(NAMESPACE).items
        return [each.status.ready_replicas for each in deployments]

    def lights():
        maps = client.CoreV1Api().list_namespaced_config_map(NAMESPACE).items
        return [each for each in maps if each.metadata.name.endswith("-light")]

    def reasons():
        events = client.CoreV1Api().list_namespaced_event(NAMESPACE).items
        return {each.reason for each in events if each.involved_object.name == "argo"}

    def create(name, spec, **options):
        body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Boat"}
        body.update(metadata={"name": name}, spec=spec)
        return boats.create_namespaced_custom_object(*at, body, **options)

    def refused():
        try:
            create("ark", {"crew": 9}, dry_run="All")
        except client.ApiException as error:
            return json.loads(error.body)["message"]

    operator = Operator()
    try:
        message = eventually("the webhooks", refused)
        assert message.endswith("denied the request: it would sink"), message
        yield "validates"
        crewed = {"crew": 1}
        eventually("a crew", lambda: create("argo", {}, dry_run="All")["spec"] == crewed)
        assert create("argo", {})["spec"] == crewed
        yield "defaults"
        eventually("the handlers", lambda: status().get("christen") == "try 2")
        assert status()["launch"] == {"rowers": 1}
        assert FINALIZER in boat()["metadata"]["finalizers"]
        eventually("the deployment", lambda: replicas() == [1])
        yield "creates"
        boats.patch_namespaced_custom_object(*at, "argo", {"spec": {"crew": 3}})
        eventually("three rowers", lambda: replicas() == [3])
        eventually("the field's handler", lambda: status().get("before") == 1)
        yield "updates"
        eventually("the timer", lambda: status().get("strokes", 0) > 5)
        assert status()["seen"] == ["argo"]
        eventually("the daemon", lights)
        yield "timers and daemons"
        operator.end(kill=True)
        operator = Operator()
        eventually("the resumption", lambda: status().get("resumed"))
        yield "resumes"
        boats.delete_namespaced_custom_object(*at, "argo")
        eventually("the end", lambda: boats.list_namespaced_custom_object(*at)["items"] == [])
        eventually("the deployment's end", lambda: replicas() == [])
        assert lights() == []
        eventually("its events", lambda: {"Launched", "Sunk"} <= reasons())
        yield "deletes"
    except BaseException:
        print(operator.said(), file=sys.stderr)
        raise
    finally:
        operator.end()


if __name__ == "__main__":
    config.load_kube_config()
    define()
    for name in checks():
        print("ok", name, flush=True)
