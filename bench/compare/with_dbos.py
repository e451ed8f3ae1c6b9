"""The workloads in DBOS, with the SQLite that it takes by itself as its system database. There is no variant without one."""

import asyncio
import time

from dbos import DBOS, DBOSConfig, SetWorkflowID

from common import ITEMS, SLOW, STEPS, Timer, Words, end, note, resident, say

words = Words()
config: DBOSConfig = {
    "name": "compare",
    # The version of an application is a digest of its source otherwise, and decides what it recovers.
    "application_version": "1",
    "system_database_url": f"sqlite:///{words.path('runs.db')}",
    "run_admin_server": False,
    "log_level": "ERROR",
}
DBOS(config=config)


@DBOS.step()
def add(n: int) -> int:
    return n + 1


@DBOS.step()
async def add_async(n: int) -> int:
    return n + 1


@DBOS.step()
def slow(n: int) -> int:
    note(words.folder, n)
    time.sleep(SLOW)
    return n + 1


@DBOS.workflow()
def one(n: int) -> int:
    return add(n)


@DBOS.workflow()
def chain(n: int) -> int:
    for _ in range(STEPS):
        n = add(n)
    return n


@DBOS.workflow()
async def fan(items: int) -> int:
    return sum(await asyncio.gather(*(add_async(n) for n in range(items))))


@DBOS.workflow()
def crash(n: int) -> int:
    for _ in range(STEPS):
        n = slow(n)
    return n


@DBOS.workflow()
async def asks(n: int) -> int:
    n = await add_async(n)
    return n + await DBOS.recv_async("more", timeout_seconds=86400)


async def fans() -> None:
    assert await fan(ITEMS) == 1275
    timer = Timer(words.workload)
    for _ in range(words.count):
        assert await fan(ITEMS) == 1275
    timer.say_each(words.count)


async def paused() -> None:
    before = resident()
    handles = []
    for n in range(words.count):
        with SetWorkflowID(f"run-{n}"):
            handles.append(await DBOS.start_workflow_async(asks, n))
    # All of them wait once the last of them has recorded its step.
    for handle in handles:
        while not await DBOS.list_workflow_steps_async(handle.workflow_id):
            await asyncio.sleep(0.1)
    say(f"{resident()} {resident() - before}")


def main() -> None:
    DBOS.launch()
    if words.workload == "durable":
        assert chain(7) == 7 + STEPS
        timer = Timer(words.workload)
        for n in range(words.count):
            assert chain(n) == n + STEPS
        timer.say_each(words.count)
    elif words.workload == "fan":
        asyncio.run(fans())
    elif words.workload == "crash":
        # What another process has left was recovered by `launch`; this waits for it, or begins.
        with SetWorkflowID("crash"):
            handle = DBOS.start_workflow(crash, 0)
        assert handle.get_result() == STEPS
        say("done")
    elif words.workload == "paused":
        asyncio.run(paused())
    elif words.workload == "hello":
        assert one(1) == 2
        say("done")
    else:
        raise SystemExit(f"no workload `{words.workload}`")
    end()


main()
