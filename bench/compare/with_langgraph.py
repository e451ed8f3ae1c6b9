"""The workloads in LangGraph: `none` has no checkpointer, `memory` the `InMemorySaver`, `sync`, `async` and `exit` are the
modes of durability with the `SqliteSaver`."""

import operator
import sqlite3
import time
from typing import Annotated, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send, interrupt

from common import ITEMS, SLOW, STEPS, Timer, Words, end, note, resident, say

words = Words()


class Chain(TypedDict):
    n: int


class Fan(TypedDict):
    items: list[int]
    sums: Annotated[list[int], operator.add]


def saver():
    if words.variant == "none":
        return None
    if words.variant == "memory":
        return InMemorySaver()
    from langgraph.checkpoint.sqlite import SqliteSaver

    return SqliteSaver(sqlite3.connect(words.path("runs.db"), check_same_thread=False))


def chain(step):
    graph = StateGraph(Chain)
    for i in range(STEPS):
        graph.add_node(f"s{i}", step)
        graph.add_edge(f"s{i - 1}" if i else START, f"s{i}")
    graph.add_edge(f"s{STEPS - 1}", END)
    return graph.compile(checkpointer=saver())


def add(state: Chain) -> Chain:
    return {"n": state["n"] + 1}


def slow(state: Chain) -> Chain:
    note(words.folder, state["n"])
    time.sleep(SLOW)
    return {"n": state["n"] + 1}


def fan():
    graph = StateGraph(Fan)
    graph.add_node("add", lambda state: {"sums": [state["n"] + 1]})
    graph.add_conditional_edges(START, lambda state: [Send("add", {"n": n}) for n in state["items"]], ["add"])
    graph.add_edge("add", END)
    return graph.compile(checkpointer=saver())


def asks():
    graph = StateGraph(Chain)
    graph.add_node("add", add)
    graph.add_node("ask", lambda state: {"n": state["n"] + interrupt("how many more?")})
    graph.add_edge(START, "add")
    graph.add_edge("add", "ask")
    graph.add_edge("ask", END)
    return graph.compile(checkpointer=saver())


def options(thread: str) -> dict:
    options = {"config": {"configurable": {"thread_id": thread}}}
    if words.variant in ("sync", "async", "exit"):
        options["durability"] = words.variant
    return options


def main() -> None:
    if words.workload in ("steps", "durable"):
        graph = chain(add)
        assert graph.invoke({"n": 7}, **options("warm"))["n"] == 7 + STEPS
        timer = Timer(words.workload)
        for n in range(words.count):
            assert graph.invoke({"n": n}, **options(f"run-{n}"))["n"] == n + STEPS
        timer.say_each(words.count)
    elif words.workload == "fan":
        graph = fan()
        inputs = {"items": list(range(ITEMS)), "sums": []}
        assert sum(graph.invoke(inputs, **options("warm"))["sums"]) == 1275
        timer = Timer(words.workload)
        for n in range(words.count):
            assert sum(graph.invoke(inputs, **options(f"run-{n}"))["sums"]) == 1275
        timer.say_each(words.count)
    elif words.workload == "crash":
        graph = chain(slow)
        # A thread with a checkpoint goes on without an input; one without begins.
        begun = graph.get_state(options("crash")["config"]).values
        assert graph.invoke(None if begun else {"n": 0}, **options("crash"))["n"] == STEPS
        say("done")
    elif words.workload == "paused":
        graph = asks()
        before = resident()
        for n in range(words.count):
            assert "__interrupt__" in graph.invoke({"n": n}, **options(f"run-{n}"))
        say(f"{resident()} {resident() - before}")
    elif words.workload == "hello":
        graph = StateGraph(Chain)
        graph.add_node("add", add)
        graph.add_edge(START, "add")
        graph.add_edge("add", END)
        assert graph.compile(checkpointer=saver()).invoke({"n": 1}, **options("hello"))["n"] == 2
        say("done")
    else:
        raise SystemExit(f"no workload `{words.workload}`")
    end()


main()
