"""Speaks to a store as programs in Python do, with the package etcd3.

It prints one line per check, "ok <name>" or "FAIL <name>: <why>". ENDPOINT names the store,
which is empty.
"""

import os
import threading
import traceback

import etcd3

HOST, PORT = os.environ["ENDPOINT"].split(":")


def connect(**more):
    return etcd3.client(host=HOST, port=int(PORT), timeout=10, **more)


def same(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def pairs(answers):
    return [(meta.key.decode(), value.decode()) for value, meta in answers]


def kv(c):
    for key, value in (("kv/b", "3"), ("kv/a", "1"), ("kv/c", "2")):
        c.put(key, value)
    value, meta = c.get("kv/a")
    same("get", value, b"1")
    same("version", meta.version, 1)
    same("absent", c.get("kv/none"), (None, None))
    same("prefix", pairs(c.get_prefix("kv/")), [("kv/a", "1"), ("kv/b", "3"), ("kv/c", "2")])
    by_value = c.get_prefix("kv/", sort_order="descend", sort_target="value")
    same("sorted", [key for key, _ in pairs(by_value)], ["kv/b", "kv/c", "kv/a"])
    same("range", pairs(c.get_range("kv/a", "kv/c")), [("kv/a", "1"), ("kv/b", "3")])
    same("replaced", c.replace("kv/a", "1", "x"), True)
    same("not replaced", c.replace("kv/a", "1", "y"), False)
    same("new", c.put_if_not_exists("kv/a", "z"), False)
    same("deleted", c.delete("kv/a"), True)
    same("deleted again", c.delete("kv/a"), False)
    same("all deleted", c.delete_prefix("kv/").deleted, 2)


def txn(c):
    c.put("txn/a", "1")
    won, answers = c.transaction(
        compare=[c.transactions.value("txn/a") == "1", c.transactions.version("txn/a") > 0],
        success=[c.transactions.put("txn/b", "2"), c.transactions.get("txn/b")],
        failure=[c.transactions.delete("txn/a")],
    )
    same("won", won, True)
    same("seen", answers[1][0][0], b"2")
    won, answers = c.transaction(
        compare=[c.transactions.create("txn/b") == 0],
        success=[],
        failure=[c.transactions.delete("txn/a")],
    )
    same("lost", won, False)
    same("gone", c.get("txn/a")[0], None)


def lease(c):
    held = c.lease(30)
    c.put("lease/a", "1", held)
    same("granted", held.granted_ttl, 30)
    same("keys", list(held.keys), [b"lease/a"])
    same("renewed", held.refresh()[0].TTL, 30)
    held.revoke()
    same("gone", c.get("lease/a")[0], None)


def watch(c):
    first = c.put("watch/a", "1").header.revision
    events, cancel = c.watch_prefix("watch/", start_revision=first, prev_kv=True)
    c.put("watch/a", "2")
    c.put("elsewhere", "x")
    c.delete("watch/a")
    seen = []
    for event in events:
        seen.append((type(event).__name__, event.value.decode(), event.prev_value.decode()))
        if len(seen) == 3:
            break
    cancel()
    same("events", seen, [("PutEvent", "1", ""), ("PutEvent", "2", "1"), ("DeleteEvent", "", "2")])
    done = threading.Event()
    number = c.add_watch_callback("watch/once", lambda answer: done.set())
    c.put("watch/once", "1")
    assert done.wait(10), "the callback was not called"
    c.cancel_watch(number)
    c.compact(first + 1)
    events, cancel = c.watch("watch/a", start_revision=first)
    raises(etcd3.exceptions.RevisionCompactedError, lambda: next(events))


def lock(c):
    with c.lock("mutex", ttl=20) as held:
        same("held", held.is_acquired(), True)
        other = connect()
        same("other", other.lock("mutex", ttl=20).acquire(timeout=1), False)
        other.close()
    same("released", held.is_acquired(), False)


def status(c):
    now = c.status()
    assert now.db_size > 0 and now.raft_term > 0, now
    same("leader", now.leader.id, list(c.members)[0].id)
    same("alarms", list(c.list_alarms()), [])
    c.defragment()
    same("hash", c.hash() > 0, True)
    with open(os.devnull, "wb") as file:
        c.snapshot(file)


def refusals(c):
    revision = c.put("errors/a", "1").header.revision
    too_large = raises(Exception, lambda: c.put("errors/a", "x" * 1_700_000))
    assert "request is too large" in str(too_large), too_large
    empty = raises(Exception, lambda: c.put("", "x"))
    assert "key is not provided" in str(empty), empty
    future = raises(Exception, lambda: c.compact(revision + 100))
    assert "future revision" in str(future), future


def main():
    client = connect()
    for check in (kv, txn, lease, watch, lock, status, refusals):
        try:
            check(client)
            print("ok", check.__name__)
        except Exception:
            print("FAIL", check.__name__, traceback.format_exc())
    client.close()


main()
