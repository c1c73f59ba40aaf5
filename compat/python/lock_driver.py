"""Drives redis-py's Lock by lines of JSON; the protocol is written down in compat/lock-driver.ts."""

import itertools
import json
import sys
import threading

import redis
from redis.exceptions import LockError

POLL_SECONDS = 0.01
CLIENT = redis.RedisCluster if "--cluster" in sys.argv else redis.Redis

sessions = {}
locks = {}
handles = itertools.count(1)
output = threading.Lock()


def keep(table, value):
    handle = next(handles)
    table[handle] = value
    return handle


def acquire(session, name, ttl_ms, wait_ms):
    # Each call runs in a thread of its own, and the lock must know its token in all of them.
    lock = sessions[session].lock(
        name, timeout=ttl_ms / 1000, sleep=POLL_SECONDS, thread_local=False
    )
    taken = lock.acquire(blocking=wait_ms > 0, blocking_timeout=wait_ms / 1000 or None)
    return keep(locks, lock) if taken else None


def succeeds(action):
    """A LockError says that the lock is not held any more; anything else is a failure."""
    try:
        action()
    except LockError:
        return False
    return True


def run(request):
    call = request["call"]
    if call == "open":
        client = CLIENT(host=request["host"], port=request["port"])
        client.ping()
        return keep(sessions, client)
    if call == "acquire":
        return acquire(request["session"], request["name"], request["ttlMs"], request["waitMs"])
    if call == "extend":
        seconds = request["ttlMs"] / 1000
        return succeeds(lambda: locks[request["lock"]].extend(seconds, replace_ttl=True))
    if call == "release":
        return succeeds(locks[request["lock"]].release)
    if call == "close":
        client = sessions.pop(request["session"])
        client.close()
        if isinstance(client, redis.Redis):
            client.connection_pool.disconnect()
        return None
    raise ValueError(f"no such call: {call}")


def answer(request):
    reply = {"id": request["id"]}
    try:
        reply["result"] = run(request)
    except Exception as error:  # the other side decides what it means
        reply["error"] = f"{type(error).__name__}: {error}"
    with output:
        print(json.dumps(reply), flush=True)


for line in sys.stdin:
    threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
