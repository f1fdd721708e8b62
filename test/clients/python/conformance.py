"""Speaks to a server as programs in Python do; prints one line per check."""

import os
import sys
import threading

from kubernetes import client, config, dynamic, watch

NAMESPACE = "py-client"


def namespace(core):
    core.create_namespace({"metadata": {"name": NAMESPACE}})
    assert core.read_namespace(NAMESPACE).status.phase == "Active"


def crud(core):
    created = core.create_namespaced_config_map(
        NAMESPACE, {"metadata": {"name": "a", "labels": {"l": "1"}}, "data": {"k": "v"}}
    )
    assert created.metadata.uid and created.metadata.creation_timestamp
    core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"k": "w"}})
    assert core.read_namespaced_config_map("a", NAMESPACE).data == {"k": "w"}
    listed = core.list_namespaced_config_map(NAMESPACE, label_selector="l=1")
    assert [item.metadata.name for item in listed.items] == ["a"]
    try:
        core.create_namespaced_config_map(NAMESPACE, {"metadata": {"name": "a"}})
        raise AssertionError("created twice")
    except client.ApiException as error:
        assert error.status == 409 and error.reason == "Conflict", error
    core.delete_namespaced_config_map("a", NAMESPACE)


def watches(core):
    version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    threading.Timer(
        0, lambda: core.create_namespaced_config_map(NAMESPACE, {"metadata": {"name": "w"}})
    ).start()
    stream = watch.Watch()
    for event in stream.stream(
        core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=20
    ):
        assert (event["type"], event["object"].metadata.name) == ("ADDED", "w"), event
        stream.stop()
        return
    raise AssertionError("no event")


def applies(core):
    resources = dynamic.DynamicClient(core.api_client)
    deployments = resources.resources.get(api_version="apps/v1", kind="Deployment")
    labels = {"app": "web"}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        },
    }
    where = {"name": "web", "namespace": NAMESPACE}
    deployments.server_side_apply(body, field_manager="one", **where)
    body["spec"]["replicas"] = 3
    try:
        deployments.server_side_apply(body, field_manager="two", **where)
        raise AssertionError("no conflict")
    except client.ApiException as error:
        assert error.status == 409, error
        assert 'conflict with \\"one\\": .spec.replicas' in str(error.body), error.body
    forced = deployments.server_side_apply(
        body, field_manager="two", force_conflicts=True, **where
    )
    assert forced.spec.replicas == 3


def main():
    config.load_kube_config(os.environ["KUBECONFIG"])
    core = client.CoreV1Api()
    failed = False
    for check in (namespace, crud, watches, applies):
        try:
            check(core)
            print("ok", check.__name__)
        except Exception as error:  # every fault is a line of the report
            failed = True
            print("FAIL", f"{check.__name__}: {type(error).__name__} {error}".replace("\n", " "))
    sys.exit(1 if failed else 0)


main()
