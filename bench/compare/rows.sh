# The rows of every table, for run.sh and page.sh: what a page must have, in its order.
# shellcheck shell=bash disable=SC2016,SC2034 # backticks are for the page, and those that read this file use it

workloads=(steps fan durable syncs crash paused hello cold edit)

declare -A variants=(
    [steps]='by_hand flujo_ephemeral flujo_memory langgraph_none langgraph_memory python_flujo_memory'
    [fan]='by_hand flujo_ephemeral flujo_memory langgraph_none langgraph_memory python_flujo_memory'
    [durable]='by_hand flujo_full flujo_normal flujo_off langgraph_sync langgraph_async langgraph_exit dbos python_flujo_sqlite flujo_restate temporal'
    [syncs]='by_hand flujo_full flujo_normal flujo_off langgraph_sync langgraph_async langgraph_exit dbos python_flujo_sqlite flujo_restate temporal'
    [crash]='by_hand flujo_full langgraph_sync langgraph_async langgraph_exit dbos python_flujo_sqlite flujo_restate temporal'
    [paused]='by_hand flujo_memory flujo_full langgraph_memory langgraph_sync dbos python_flujo_memory python_flujo_sqlite'
    [hello]='by_hand flujo_memory flujo_full langgraph_memory langgraph_sync dbos python_flujo_memory python_flujo_sqlite'
    [cold]='by_hand with_flujo langgraph dbos python_flujo'
    [edit]='by_hand with_flujo'
)

declare -A label=(
    [by_hand]='plain Rust by hand'
    [with_flujo]='flujo with `Sqlite`'
    [flujo_ephemeral]='flujo, nothing recorded'
    [flujo_memory]='flujo, `Memory`'
    [flujo_full]='flujo, `Sqlite`, `Full`'
    [flujo_normal]='flujo, `Sqlite`, `Normal`'
    [flujo_off]='flujo, `Sqlite`, `Off`'
    [flujo_restate]='flujo, `Restate`'
    [langgraph_none]='LangGraph, no checkpointer'
    [langgraph_memory]='LangGraph, `InMemorySaver`'
    [langgraph_sync]='LangGraph, `SqliteSaver`, `sync`'
    [langgraph_async]='LangGraph, `SqliteSaver`, `async`'
    [langgraph_exit]='LangGraph, `SqliteSaver`, `exit`'
    [langgraph]='LangGraph'
    [dbos]='DBOS, SQLite'
    [python_flujo]='Python flujo'
    [python_flujo_memory]='Python flujo, memory'
    [python_flujo_sqlite]='Python flujo, SQLite'
    [temporal]='Temporal'
)
