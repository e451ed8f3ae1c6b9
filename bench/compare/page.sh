#!/usr/bin/env bash
# Makes the page of measurements from what run.sh has measured: `page.sh results.tsv`, to standard output. It fails if a row is
# not there, or is there and has no table.
#
# shellcheck disable=SC2016 # backticks are for the page
set -euo pipefail
export LC_ALL=C
here=$(dirname "$0")
# shellcheck source=bench/compare/rows.sh
. "$here/rows.sh"

declare -A fact=() row=()
while IFS=$'\t' read -r kind a b rest; do
    case "$kind" in
        fact) fact[$a]=$b${rest:+ $rest} ;;
        row) row[$a:$b]=$rest ;;
        *)
            echo "results: no such kind of line: $kind" >&2
            exit 1
            ;;
    esac
done < "$1"

expected=0
for workload in "${workloads[@]}"; do
    for variant in ${variants[$workload]}; do
        expected=$((expected + 1))
        if [ -z "${row[$workload:$variant]:-}" ]; then
            echo "results: no row for $workload $variant" >&2
            exit 1
        fi
    done
done
if [ "$expected" -ne "${#row[@]}" ]; then
    echo "results: ${#row[@]} rows, of which rows.sh names $expected" >&2
    exit 1
fi

f() {
    if [ -z "${fact[$1]:-}" ]; then
        echo "results: no fact $1" >&2
        exit 1
    fi
    printf '%s' "${fact[$1]}"
}

# cells <unit> <column>: a median with its range, and the ratio to the row by hand. A column is a triple of the row.
cells() {
    local workload=$1 variant=$2 unit=$3 column=$4 ratio=$5
    printf '%s\n%s\n' "${row[$workload:$variant]}" "${row[$workload:by_hand]:-}" | awk -F '\t' -v unit="$unit" -v c="$column" -v ratio="$ratio" '
        function digits(x) { return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x) }
        function shown(x, i) {
            if (unit == "ns") {
                if (x >= 1e9) return digits(x / 1e9) " s"
                if (x >= 1e6) return digits(x / 1e6) " ms"
                return digits(x / 1e3) " µs"
            }
            if (unit == "us") return x >= 1e6 ? digits(x / 1e6) " s" : digits(x / 1e3) " ms"
            if (unit == "bytes") return digits(x / 1048576) " MiB"
            if (unit == "s") return digits(x) " s"
            return sprintf("%g", x)
        }
        NR == 1 && $1 ~ /^not measured/ { print " " $1 " | |" (ratio ? " |" : ""); none = 1; exit }
        NR == 1 { m = $(c * 3 - 2); lo = $(c * 3 - 1); hi = $(c * 3) }
        NR == 2 { floor = $(c * 3 - 2) }
        END {
            if (none) exit
            printf " %s | %s to %s |", shown(m), shown(lo), shown(hi)
            if (ratio) printf(floor > 0 ? " %s |" : " |", digits(m / (floor > 0 ? floor : 1)))
            printf "\n"
        }'
}

table() {
    local workload=$1 unit=$2 heading=$3 variant
    printf '| | %s | range | by hand = 1 |\n|---|---|---|---|\n' "$heading"
    for variant in ${variants[$workload]}; do
        printf '| %s |%s\n' "${label[$variant]}" "$(cells "$workload" "$variant" "$unit" 1 yes)"
    done
}

first() { cut -f "$2" <<< "${row[$1]}"; }

# What a record on disk means to each, and what says so.
declare -A means=(
    [by_hand]='a line of JSON for each step, and `fdatasync`'
    [flujo_full]='a step ends when its record is on the disk (the default)'
    [flujo_normal]='a step ends when its record is with the operating system; a power failure may lose the last commits'
    [flujo_off]='like `Normal`, and a power failure may damage the file: for tests'
    [langgraph_sync]='a checkpoint is written before the next step starts'
    [langgraph_async]='a checkpoint is written while the next step runs (the default)'
    [langgraph_exit]='a checkpoint is written when the graph exits: a killed process loses all of its run'
    [dbos]='a step ends when its output is in the database'
    [python_flujo_sqlite]='the state of the run is written after each step'
    [flujo_restate]='a step ends when the server has its result'
    [temporal]='an activity ends when the server has its result'
)

cat << TEXT
# Measurements

flujo beside other libraries: the workloads are the same ones, on one machine, in one run. This page is made by
[\`bench/compare/run.sh\`](https://github.com/flujo-rs/flujo/blob/main/bench/compare/run.sh), which says what it needs, and
nothing in it is typed by hand. [flujo, or something else](comparison.md) says what the figures leave out.

Steps here do nothing, so that the figures are the price of the machinery. A step that asks a model takes a second or more,
beside which most differences on this page vanish. What stays is what happens at a crash, how much one machine holds, and how
long a developer waits.

| | |
|---|---|
| made by | \`$(f command)\` |
| date | $(f date) |
| machine | $(f cpu), $(f cores) cores, $(f memory) |
| system | $(f system); files on $(f file_system) |
| flujo | $(f flujo), Rust $(f rust), release build |
| Restate | $(f restate), one server with default settings |
| LangGraph | $(f langgraph), with \`langgraph-checkpoint-sqlite\` $(f langgraph_sqlite) |
| DBOS | $(f dbos) |
| Python flujo | $(f python_flujo) |
| Python | $(f python) |
| load before and after | $(f load_before); $(f load_after) (averages of 1, 5 and 15 minutes) |

A figure is the median of $(f rounds) rounds, with its range. In each round every library has its turn, so that a busy moment
meets all of them. Where a table says *by hand = 1*, the figure is divided by that of the same functions awaited by hand in
the same run: ratios say more than times, which are those of this machine.
TEXT

awk -v load="$(f load_before)" -v cores="$(f cores)" 'BEGIN {
    split(load, of, " ")
    if (of[1] > cores / 4) {
        print ""
        print "**The machine was busy when this run began**, as its load says: times are longer than on an idle machine and vary more."
        print "Ratios suffer less. Read small differences as none."
    }
}'

cat << TEXT

## A step that does nothing

Ten steps one after the other; each adds one to a number. The time is that of the processor for one run of all ten, all
threads together.

$(table steps ns 'one run')

## Fifty items beside each other

One trivial step for each of fifty items, then the sum. The time is that of the processor again.

$(table fan ns 'one run')

Python flujo maps over its items one after the other.

## Ten steps, each on the disk

The ten steps again, with storage in a file. One run at a time: a server with many runs shares its commits, and that is not
measured here. *Waits* is how often one run calls \`fsync\` or the like, counted with \`strace\`. A server is one more process on
this machine, and what it waits for counts.

TEXT
printf '| | one run | range | by hand = 1 | waits | what is recorded, and when |\n|---|---|---|---|---|---|\n'
for variant in ${variants[durable]}; do
    waits=$(first "syncs:$variant" 1)
    case "$waits" in 'not measured'*) waits='' ;; *) waits=$(awk -v x="$waits" 'BEGIN { printf "%g", x }') ;; esac
    printf '| %s |%s %s | %s |\n' "${label[$variant]}" "$(cells durable "$variant" ns 1 yes)" "$waits" "${means[$variant]}"
done
cat << TEXT

Fewer waits than steps mean that a step can be over, and its effect in the world, before its record is safe from a power
failure. LangGraph's modes are described in [its reference](https://reference.langchain.com/python/langgraph/types/Durability).
Each library has its own defaults here, but for the variants that a row names.

## Killed in the middle

Ten steps of 100 ms. The process is killed with \`kill -9\` inside the fifth one, and started again at once. *Goes on* is the
time from the kill until another step has begun, with the start of the new process. *Again* is how many steps ran more than
once; one is the least there can be, as a step that was under way is not finished. A server is not killed: it gives the run to
the new process. Rounds: $(f crash_rounds).

| | goes on after | range | again | most |
|---|---|---|---|---|
TEXT
for variant in ${variants[crash]}; do
    line=$(cells crash "$variant" us 1 '')
    case "$line" in
        *'not measured'*) printf '| %s |%s | |\n' "${label[$variant]}" "$line" ;;
        *)
            printf '| %s |%s %g | %g |\n' "${label[$variant]}" "$line" "$(first "crash:$variant" 4)" "$(first "crash:$variant" 6)"
            ;;
    esac
done
cat << TEXT

## Memory of runs that wait

$(f paused) runs have done one step and wait for a reply. *Process* is the resident memory of the whole process, *added* what
these runs added to it. By hand, a run that waits is a task of tokio and nothing else.

| | process | added |
|---|---|---|
TEXT
for variant in ${variants[paused]}; do
    line=$(cells paused "$variant" bytes 1 '')
    case "$line" in
        *'not measured'*) printf '| %s |%s\n' "${label[$variant]}" "$line" ;;
        *)
            added=$(cells paused "$variant" bytes 2 '')
            printf '| %s |%s|%s|\n' "${label[$variant]}" "${line%%|*}" "${added%%|*}"
            ;;
    esac
done
cat << TEXT

## From nothing to the first finished step

The time from the start of the process until one step has run: what a command line, a function in the cloud or a worker that
is restarted waits for.

$(table hello us 'first step')

## Builds

Here flujo loses. Rust is compiled, macros make more of it, and an engine for SQLite brings a compiler of C. Everything is
downloaded beforehand. *From nothing* is \`cargo build\` with an empty target folder, or \`pip install\` into an empty
environment, once, before the other measurements; *after an edit* is \`cargo build\` after a change in the body of one
step. Python has nothing to build after an edit: its price is in the table above, at each start.

| | from nothing | after an edit | range |
|---|---|---|---|
TEXT
for variant in ${variants[cold]}; do
    line=$(cells cold "$variant" s 1 '')
    case "$line" in
        *'not measured'*) printf '| %s |%s |\n' "${label[$variant]}" "$line" ;;
        *)
            edit=' | |'
            [ -z "${row[edit:$variant]:-}" ] || edit=$(cells edit "$variant" s 1 '')
            printf '| %s |%s|%s\n' "${label[$variant]}" "${line%%|*}" "$edit"
            ;;
    esac
done
cat << TEXT

[Compile times](compile-times.md) says what is compiled where, and which settings help.

## Made again

\`\`\`sh
bench/compare/run.sh           # all of it, and writes this page
bench/compare/run.sh --quick   # few rounds, below target/compare/
bench/compare/run.sh --check   # compares this page with what was measured; a test of the repository does that
\`\`\`
TEXT
