"""Of what the fuzzer makes up, no run has the id and no pipeline the input. Half of what is right goes to what the server of
`tools/server/examples/fuzzed.rs` has; what is meant to be wrong stays as it is."""

import random

import schemathesis

# The runs, each with the paths of its nodes.
NODES = {
    "done": ["welcome/greet"],
    "failed": ["fragile/greet", "fragile/check"],
    "paused": ["refund/approved"],
    "ordered": ["ordered/changed"],
    "cancelled": ["refund/approved"],
}
RUNS = [(f"{state}-{n}", path) for state, paths in NODES.items() for path in paths for n in range(10)] + [
    ("diary", "diary/again"),
    ("judged", "judged/judge"),
    ("running", "slow/hang"),
    ("interrupted", "slow/hang"),
    ("crashed", "slow/hang"),
]
ORDER = {"size": "Small", "lines": ["a"], "gift": None, "cents": 7}
INPUTS = [
    ("welcome", ["Ada"]),
    ("welcome", {"name": "\u202e<b>\u0000"}),
    ("refund", [9]),
    ("ordered", [ORDER]),
    ("ordered", {"order": ORDER}),
    ("fragile", ["odd"]),
    ("diary", ["one", "two"]),
    ("judged", ["text"]),
]
PIPELINES = sorted({name for name, _ in INPUTS})
REPLIES = [True, False, ORDER, "no", None]


def is_right(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    chance = random.Random(repr((case.path_parameters, case.query, case.body)))
    if not is_right(case) or chance.random() < 0.5:
        return
    run, path = chance.choice(RUNS)
    known = {"id": run, "name": chance.choice(PIPELINES), "path": path}
    for name in list(case.path_parameters or {}):
        if name in known:
            case.path_parameters[name] = known[name]
    for name in ("first", "second"):
        if name in (case.query or {}):
            case.query[name] = chance.choice(RUNS)[0]
    body = case.body
    if not isinstance(body, dict):
        return
    if "pipeline" in body:
        body["pipeline"], body["input"] = chance.choice(INPUTS)
        body.pop("context", None)
        body.pop("id", None)
    if "from" in body:
        body["from"] = path
        body.pop("models", None)
        body.pop("input", None)
        # Most that are made up are those of runs that were started before.
        body.pop("id", None)
    if "path" in body:
        body["path"], body["value"] = path, chance.choice(REPLIES)


@schemathesis.hook
def filter_query(context, query):
    # `label[a][b]=c` is right: it is the label `a][b`, for any text is a name. What the fuzzer means by it, a map in a map, does
    # not exist in a query.
    for name, value in (query or {}).items():
        name = str(name)
        if name == "label" and isinstance(value, dict) and any(isinstance(text, (dict, list)) for text in value.values()):
            return False
        if name.startswith("label[") and ("][" in name or isinstance(value, (dict, list))):
            return False
    return True
