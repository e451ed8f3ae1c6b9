"""The workloads in Python flujo, the predecessor: `memory` or `sqlite` keeps the state of runs."""

import asyncio
import logging
from pathlib import Path

from flujo import Flujo, Pipeline, Step
from flujo.domain.models import PipelineContext
from flujo.state.backends.memory import InMemoryBackend
from flujo.state.backends.sqlite import SQLiteBackend

from common import ITEMS, SLOW, STEPS, Timer, Words, end, note, resident, say

words = Words()
# A line for each record would be measured otherwise.
logging.getLogger("flujo").setLevel(logging.WARNING)


class Items(PipelineContext):
    items: list[int] = []


async def add(n: int) -> int:
    return n + 1


async def slow(n: int) -> int:
    note(words.folder, n)
    await asyncio.sleep(SLOW)
    return n + 1


def chain(step, count: int = STEPS) -> Pipeline:
    pipeline = Step.from_callable(step, name="s0")
    for i in range(1, count):
        pipeline = pipeline >> Step.from_callable(step, name=f"s{i}")
    return pipeline


def runner(pipeline, **more) -> Flujo:
    backend = InMemoryBackend() if words.variant == "memory" else SQLiteBackend(Path(words.path("runs.db")))
    return Flujo(pipeline, state_backend=backend, pipeline_name="compare", local_tracer=None, **more)


async def run(flujo: Flujo, data, run_id: str, **context):
    result = None
    async for result in flujo.run_async(data, run_id=run_id, initial_context_data={"initial_prompt": "", **context}):
        pass
    return result


async def last(flujo: Flujo, data, run_id: str, **context):
    return (await run(flujo, data, run_id, **context)).step_history[-1].output


async def main() -> None:
    if words.workload in ("steps", "durable"):
        flujo = runner(chain(add))
        assert await last(flujo, 7, "warm") == 7 + STEPS
        timer = Timer(words.workload)
        for n in range(words.count):
            assert await last(flujo, n, f"run-{n}") == n + STEPS
        timer.say_each(words.count)
    elif words.workload == "fan":
        body = Pipeline.from_step(Step.from_callable(add, name="add"))
        flujo = runner(Step.map_over("fan", body, iterable_input="items"), context_model=Items)
        items = list(range(ITEMS))
        assert sum(await last(flujo, None, "warm", items=items)) == 1275
        timer = Timer(words.workload)
        for n in range(words.count):
            assert sum(await last(flujo, None, f"run-{n}", items=items)) == 1275
        timer.say_each(words.count)
    elif words.workload == "crash":
        # A run of the same id goes on where its state was kept.
        assert await last(runner(chain(slow)), 0, "crash") == STEPS
        say("done")
    elif words.workload == "paused":
        ask = Step.human_in_the_loop(name="ask", message_for_user="how many more?")
        flujo = runner(Step.from_callable(add, name="add") >> ask)
        before = resident()
        for n in range(words.count):
            result = await run(flujo, n, f"run-{n}")
            assert result.final_pipeline_context.scratchpad["status"] == "paused"
        say(f"{resident()} {resident() - before}")
    elif words.workload == "hello":
        assert await last(runner(chain(add, 1)), 1, "hello") == 2
        say("done")
    else:
        raise SystemExit(f"no workload `{words.workload}`")
    end()


asyncio.run(main())
