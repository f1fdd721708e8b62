"""Commands, ports and logs of the pod "web" as programs in Python reach them; a line per check.

Argument: the port where its container main serves HTTP.
"""

import json
import os
import re
import socket
import sys

from kubernetes import client, config
from kubernetes.stream import portforward, stream
from kubernetes.stream.ws_client import RESIZE_CHANNEL, STDIN_CHANNEL

PATIENCE = 30
WEB = ("web", "default")
HTTP = int(sys.argv[1])


def run(core, script, **options):
    wanted = {"stderr": True, "stdin": False, "stdout": True, "tty": False, **options}
    command = ["sh", "-c", script]
    ask = core.connect_get_namespaced_pod_exec
    return stream(ask, *WEB, container="main", command=command, **wanted)


def until(session, wanted):
    """What was said, up to and with the text; binary is cut anywhere."""
    said = ""
    while wanted not in said:
        assert session.is_open(), said
        session.update(timeout=PATIENCE)
        said += session.read_stdout()
    return said


def whole(core):
    assert run(core, "echo out; echo err >&2") in ("out\nerr\n", "err\nout\n")


def session(core):
    script = "read a; echo got $a; echo err >&2; cat; exit 4"
    talk = run(core, script, stdin=True, _preload_content=False)
    talk.write_stdin("typed\n")
    until(talk, "got typed\n")
    assert talk.readline_stderr(timeout=PATIENCE) == "err"
    talk.write_stdin("more\n")
    until(talk, "more\n")
    talk.close_channel(STDIN_CHANNEL)
    talk.run_forever(timeout=PATIENCE)
    assert talk.returncode == 4, talk.returncode


def bytes_through(core):
    size = 300_000
    every = bytes(range(256)) * (size // 256)
    talk = run(core, f"head -c {len(every)}", stdin=True, binary=True, _preload_content=False)
    for at in range(0, len(every), 30_000):
        talk.write_stdin(every[at : at + 30_000])
    talk.run_forever(timeout=PATIENCE)
    back = talk.read_stdout()
    assert back == every, f"{len(back)} bytes"
    assert talk.returncode == 0, talk.returncode


def terminal(core):
    script = "echo ready; read a; stty size; exit 5"
    talk = run(core, script, stdin=True, stderr=False, tty=True, _preload_content=False)
    talk.write_channel(RESIZE_CHANNEL, json.dumps({"Height": 31, "Width": 91}))
    until(talk, "ready\r\n")
    talk.write_stdin("\r")
    until(talk, "31 91\r\n")
    talk.run_forever(timeout=PATIENCE)
    assert talk.returncode == 5, talk.returncode


def refused(core):
    try:
        ask = core.connect_get_namespaced_pod_exec
        stream(ask, "none", "default", command=["ls"], stdout=True)
        raise AssertionError("it ran")
    except client.ApiException as error:
        assert "404 Not Found" in str(error) and 'pods \\"none\\" not found' in str(error), error


def attach(core):
    ask = core.connect_get_namespaced_pod_attach
    wanted = {"stdin": True, "stdout": True, "stderr": True, "_preload_content": False}
    talks = [stream(ask, *WEB, container="side", **wanted) for _ in range(2)]
    # Both are there once they have heard something.
    for talk in talks:
        talk.write_stdin("python-one\n")
        until(talk, "got python-one\n")
    # One breaks off; the other goes on.
    talks[0].sock.sock.close()
    talks[1].write_stdin("python-two\n")
    until(talks[1], "got python-two\n")
    talks[1].close()


def forwards(core):
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()[1]
    ask = core.connect_get_namespaced_pod_portforward
    forward = portforward(ask, *WEB, ports=f"{HTTP},{nobody}")
    silent = forward.socket(nobody)
    silent.settimeout(PATIENCE)
    assert silent.recv(1) == b""
    assert f"error forwarding port {nobody} to pod web" in forward.error(nobody)
    connection = forward.socket(HTTP)
    connection.settimeout(PATIENCE)
    head = "POST /py HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
    connection.sendall(f"{head}abc".encode())
    answer = b""
    while chunk := connection.recv(1024):
        answer += chunk
    assert answer.endswith(b"POST /py 3"), answer
    assert forward.error(HTTP) is None, forward.error(HTTP)
    forward.close()


def logs(core):
    side = {"container": "side"}
    assert core.read_namespaced_pod_log(*WEB, **side, limit_bytes=7) == "one\ntwo"
    stamped = core.read_namespaced_pod_log(*WEB, **side, tail_lines=1, timestamps=True)
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z got ", stamped), stamped
    ask = core.read_namespaced_pod_log
    followed = ask(*WEB, **side, follow=True, tail_lines=1, _preload_content=False)
    assert next(iter(followed.stream(decode_content=True))).startswith(b"got ")
    followed.close()


def main():
    config.load_kube_config(os.environ["KUBECONFIG"])
    failed = False
    for check in (whole, session, bytes_through, terminal, refused, attach, forwards, logs):
        try:
            check(client.CoreV1Api())
            print(f"ok {check.__name__}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed = True
            print(f"FAILED {check.__name__}: {type(error).__name__} {error}", flush=True)
    sys.exit(1 if failed else 0)


main()
