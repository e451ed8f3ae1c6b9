#!/usr/bin/env bash
# Measures flujo beside other libraries, on this machine, in one run, and writes the page of the book from what it measured:
# docs/book/explanation/measurements.md. Nothing in that page is typed by hand.
#
#   bench/compare/run.sh           all of it: half an hour or more; writes bench/compare/results.tsv and the page
#   bench/compare/run.sh --quick   few rounds, some minutes; writes both below target/compare/ instead
#   bench/compare/run.sh --check   measures nothing: the page is what page.sh makes of results.tsv, every row is there
#
# It needs Linux, bash 5, cargo and a C compiler. What else it uses is fetched once, by name and version: requirements/*.txt
# into environments of Python 3.10 or later below target/compare/, and with npm the Restate server that tests/restate pins.
# With `strace` there, it counts how often a run waits for the disk. What is missing is named, and its rows say "not measured"
# and why. While it measures, nothing uses a network.
#
# FLUJO_COMPARE_ONLY="steps hello" measures these workloads alone, for work on this script; it never writes the page.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C

here=bench/compare
page=docs/book/explanation/measurements.md
place=${CARGO_TARGET_DIR:-target}/compare

# shellcheck source=bench/compare/rows.sh
. "$here/rows.sh"

rounds=5 crashes=5 pauses=1 paused=1000 share=1 quick=
case "${1:-}" in
    '') ;;
    --quick) rounds=3 crashes=1 pauses=1 paused=100 share=5 quick=yes ;;
    --check)
        made=$(mktemp)
        trap 'rm -f "$made"' EXIT
        bash "$here/page.sh" "$here/results.tsv" > "$made"
        if ! diff --unified "$page" "$made"; then
            echo "$page is not what $here/page.sh makes of $here/results.tsv: run $here/run.sh" >&2
            exit 1
        fi
        exit
        ;;
    *)
        echo "usage: $here/run.sh [--quick | --check]" >&2
        exit 2
        ;;
esac

mkdir -p "$place"
place=$(cd "$place" && pwd)
results=$place/results.tsv
samples=$place/samples.tsv
log=$place/log
folder=$place/run
: > "$results"
: > "$samples"
: > "$log"

fact() { printf 'fact\t%s\t%s\n' "$1" "$2" >> "$results"; }

declare -A missing=()
lacks() {
    missing[$1]=$2
    echo "NOT MEASURED: $1: $2" >&2
}

# Seconds with three digits, of $EPOCHREALTIME in microseconds.
now() { echo "${EPOCHREALTIME/[.,]/}"; }
seconds_since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", (to - from) / 1e6 }'; }

# A pause that starts no process.
exec {nothing}<> <(:)
nap() { read -r -t "$1" -u "$nothing" || true; }

# ---- what is installed --------------------------------------------------------------------------------------------------

# python <name>: an environment with what requirements/<name>.txt pins. The time to install is that of packages that are
# here already: downloads are not what is compared.
python() {
    local name=$1 start
    local pinned=$here/requirements/$name.txt venv=$place/venv-$name wheels=$place/wheels-$name
    if ! cmp -s "$pinned" "$venv/requirements.txt"; then
        rm -rf "$venv" "$wheels"
        echo "installing $name" >&2
        python3 -m venv "$venv" >> "$log" 2>&1 || return 1
        "$venv/bin/python" -m pip download --quiet --no-deps --dest "$wheels" --requirement "$pinned" >> "$log" 2>&1 || return 1
        start=$(now)
        "$venv/bin/python" -m pip install --quiet --no-index --no-deps --find-links "$wheels" --requirement "$pinned" \
            >> "$log" 2>&1 || return 1
        seconds_since "$start" > "$venv/seconds"
        rm -rf "$wheels"
        cp "$pinned" "$venv/requirements.txt"
    fi
}

# The Restate server of this machine, into $server.
restate() {
    local npm=$place/restate name
    if ! cmp -s tests/restate/package-lock.json "$npm/installed.json"; then
        rm -rf "$npm"
        mkdir -p "$npm"
        echo 'installing the Restate server' >&2
        cp tests/restate/package.json tests/restate/package-lock.json "$npm"
        (cd "$npm" && npm ci --ignore-scripts --no-audit --no-fund --silent) >> "$log" 2>&1 || return 1
        cp "$npm/package-lock.json" "$npm/installed.json"
    fi
    case "$(uname -m)" in aarch64 | arm64) name=linux-arm64 ;; *) name=linux-x64 ;; esac
    server=$npm/node_modules/@restatedev/restate-server-$name/bin/restate-server
    [ -x "$server" ]
}

version_of() { sed -n "s/^$2==//p" "$here/requirements/$1.txt"; }

install() {
    local name
    for name in langgraph dbos python_flujo; do
        if ! command -v python3 > /dev/null; then
            lacks "$name" 'python3 is not installed'
        elif ! python "$name"; then
            lacks "$name" "pip could not install what $here/requirements/$name.txt pins"
        fi
    done
    # Servers, which neither PyPI nor crates.io has.
    lacks temporal "Temporal's server is no package of PyPI, npm or crates.io, and this script downloads nothing else"
    if ! command -v npm > /dev/null; then
        lacks flujo_restate 'npm is not installed, which has the Restate server'
    elif ! restate; then
        lacks flujo_restate 'npm could not install what tests/restate/package-lock.json pins, or has no server for this machine'
    fi
    if ! command -v strace > /dev/null; then
        lacks strace 'strace is not installed, so waits for the disk are not counted'
    fi
}

# ---- how the programs are called ----------------------------------------------------------------------------------------

# program <variant>: the words that start it, into $program.
program() {
    local bin=$place/rust/release
    case "$1" in
        by_hand) program=("$bin/by_hand" -) ;;
        flujo_restate) program=("$bin/with_restate" -) ;;
        flujo_*) program=("$bin/with_flujo" "${1#flujo_}") ;;
        langgraph_*) program=("$place/venv-langgraph/bin/python" "$here/with_langgraph.py" "${1#langgraph_}") ;;
        dbos) program=("$place/venv-dbos/bin/python" "$here/with_dbos.py" -) ;;
        python_flujo_*) program=("$place/venv-python_flujo/bin/python" "$here/with_python_flujo.py" "${1#python_flujo_}") ;;
    esac
}

# why_not <variant>: prints why it cannot be measured, or nothing.
why_not() {
    local name
    for name in "${!missing[@]}"; do
        case "$1" in "$name" | "$name"_*) echo "${missing[$name]}" ;; esac
    done
}

# How many runs one sample is made of: about a second on an idle machine.
count() {
    local n
    case "$1:$2" in
        steps:by_hand) n=50000 ;;
        steps:flujo_ephemeral) n=20000 ;;
        steps:flujo_*) n=5000 ;;
        fan:by_hand) n=10000 ;;
        fan:flujo_*) n=1000 ;;
        durable:flujo_restate) n=10 ;;
        durable:by_hand | durable:flujo_*) n=50 ;;
        durable:langgraph_*) n=25 ;;
        steps:langgraph_*) n=100 ;;
        *) n=10 ;;
    esac
    n=$((n / share))
    echo $((n < 2 ? 2 : n))
}

fresh() { rm -rf "$folder" && mkdir -p "$folder"; }

# ---- a server ------------------------------------------------------------------------------------------------------------

# A free port of this machine.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
            echo "$port"
            return
        fi
    done
}

# is_well <port> <path>: true if an HTTP server answers 200.
is_well() {
    local line
    exec 3<> "/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
    read -r -t 1 line <&3 || line=
    exec 3>&-
    [[ $line == HTTP/1.*" 200 "* ]]
}

# serve <variant> [<command>..]: starts the server that the variant needs, if it needs one, by way of the command, and waits until
# it answers. It has a folder of its own, and default settings but for the addresses. It is stopped after each sample, so that it
# uses no time of the other libraries.
serving=
serve() {
    local node ingress admin listen waited=0
    [ "$1" = flujo_restate ] || return 0
    node=$(free_port) ingress=$(free_port) admin=$(free_port) listen=$(free_port)
    export COMPARE_RESTATE="http://127.0.0.1:$ingress http://127.0.0.1:$admin 127.0.0.1:$listen"
    rm -rf "$place/server"
    RESTATE_DISABLE_TELEMETRY=true RESTATE_BASE_DIR=$place/server RESTATE_NODE_NAME=compare RESTATE_LISTEN_MODE=tcp \
        RESTATE_BIND_ADDRESS=127.0.0.1:$node RESTATE_ADVERTISED_ADDRESS=http://127.0.0.1:$node \
        RESTATE_INGRESS__BIND_ADDRESS=127.0.0.1:$ingress RESTATE_ADMIN__BIND_ADDRESS=127.0.0.1:$admin \
        "${@:2}" "$server" --no-logo >> "$log" 2>&1 &
    serving=$!
    until (is_well "$ingress" /restate/health) 2> /dev/null; do
        waited=$((waited + 1))
        if [ "$waited" -gt 600 ] || ! kill -0 "$serving" 2> /dev/null; then
            stop_serving
            return 1
        fi
        nap 0.1
    done
}

stop_serving() {
    [ -n "$serving" ] || return 0
    # The child of `strace` would go on without it.
    local started=
    read -r started < "/proc/$serving/task/$serving/children" || true
    # shellcheck disable=SC2086 # several words
    kill -9 "$serving" $started 2> /dev/null || true
    wait "$serving" 2> /dev/null || true
    serving=
}
trap stop_serving EXIT

# sample <workload> <variant> <value>..
sample() { printf '%s\n' "$*" | tr ' ' '\t' >> "$samples"; }

broke() {
    echo "$1 $2 failed: see $log" >&2
    missing["$1:$2"]="its program failed on this machine"
}

# ---- the workloads ------------------------------------------------------------------------------------------------------

timed() {
    local workload=$1 variant=$2 out
    fresh
    serve "$variant" || return 1
    out=$(timeout 600 "${program[@]}" "$workload" "$folder" "$(count "$workload" "$variant")" 2>> "$log") || return 1
    sample "$workload" "$variant" "$out"
}

hello() {
    local start said=
    fresh
    start=$(now)
    read -r said < <(timeout 60 "${program[@]}" hello "$folder" 1 2>> "$log") || return 1
    [ "$said" = "done" ] || return 1
    sample hello "$2" $(($(now) - start))
}

resting() {
    local out
    fresh
    out=$(timeout 1200 "${program[@]}" paused "$folder" "$paused" 2>> "$log") || return 1
    # shellcheck disable=SC2086 # two words
    sample paused "$2" $out
}

lines() { wc -l 2> /dev/null < "$folder/steps.log" || echo 0; }

# Killed inside of the fifth step; then the time until the next step has begun in another process, the time until all is
# done, and how many steps ran more than once.
crash() {
    local pid begun killed waited=0 next='' said
    fresh
    serve "$2" || return 1
    "${program[@]}" crash "$folder" 1 >> "$log" 2>&1 &
    pid=$!
    while [ "$(lines)" -lt 5 ]; do
        nap 0.005
        waited=$((waited + 1))
        if [ "$waited" -gt 6000 ] || ! kill -0 "$pid" 2> /dev/null; then
            kill -9 "$pid" 2> /dev/null || true
            return 1
        fi
    done
    nap 0.05
    kill -9 "$pid"
    wait "$pid" 2> /dev/null || true
    begun=$(lines)
    killed=$(now)
    timeout 60 "${program[@]}" crash "$folder" 1 > "$folder/said" 2>> "$log" &
    pid=$!
    while kill -0 "$pid" 2> /dev/null; do
        if [ -z "$next" ] && [ "$(lines)" -gt "$begun" ]; then next=$(($(now) - killed)); fi
        nap 0.002
    done
    wait "$pid" || return 1
    said=$(cat "$folder/said")
    [ "$said" = "done" ] && [ -n "$next" ] || return 1
    sample crash "$2" "$next" $(($(lines) - $(sort -u "$folder/steps.log" | wc -l)))
}

# How often one run of the workload `durable` waits for the disk, counted by the kernel's interface: of six runs, what the
# first one and the start of the program need is taken off. What a server waits for counts as well.
syncs() {
    local n calls=() traced=(strace -f -qq -e "trace=fsync,fdatasync,sync_file_range,msync" -o)
    for n in 1 6; do
        fresh
        serve "$2" "${traced[@]}" "$folder/trace.server" || return 1
        timeout 300 "${traced[@]}" "$folder/trace" "${program[@]}" durable "$folder" "$n" > /dev/null 2>> "$log" || return 1
        stop_serving
        calls+=("$(cat "$folder"/trace* | grep -c 'sync' || true)")
    done
    sample syncs "$2" "$(awk -v one="${calls[0]}" -v six="${calls[1]}" 'BEGIN { printf "%.1f", (six - one) / 5 }')"
}

# ---- what builds cost ---------------------------------------------------------------------------------------------------

# On a copy, in a folder of its own, as cargo sets it by itself, with every crate downloaded: all from nothing, and after an
# edit of the body of one step.
builds() {
    local name copy=$place/edited i
    for name in by_hand with_flujo; do
        rm -rf "$copy"
        cp -r "$here/rust" "$copy"
        sed -i "s#\.\./\.\./\.\.#$PWD#" "$copy/Cargo.toml"
        sample cold "$name" "$(build_takes "$copy" "$name")"
        for i in 1 2 3; do
            sed -i "s/Ok(n + 1\( + [0-9] - [0-9]\)*)/Ok(n + 1 + $i - $i)/" "$copy/src/$name.rs"
            sample edit "$name" "$(build_takes "$copy" "$name")"
        done
    done
    rm -rf "$copy"
    for name in langgraph dbos python_flujo; do
        if [ -s "$place/venv-$name/seconds" ]; then sample cold "$name" "$(cat "$place/venv-$name/seconds")"; fi
    done
}

build_takes() {
    local start features=()
    [ "$2" = with_flujo ] || features=(--no-default-features)
    start=$(now)
    CARGO_INCREMENTAL=1 CARGO_TARGET_DIR=$1/target cargo build --offline --locked --quiet \
        --manifest-path "$1/Cargo.toml" --bin "$2" "${features[@]}"
    seconds_since "$start"
}

# ---- all of it ----------------------------------------------------------------------------------------------------------

wanted() { [ -z "${FLUJO_COMPARE_ONLY:-}" ] || [[ " $FLUJO_COMPARE_ONLY " == *" $1 "* ]]; }

# each <rounds> <workload> <function>: variants in turn, so that what else the machine does meets all of them alike.
each() {
    local times=$1 workload=$2 what=$3 round variant
    wanted "$workload" || return 0
    for round in $(seq "$times"); do
        echo "$workload: round $round of $times" >&2
        for variant in ${variants[$workload]}; do
            if [ -n "$(why_not "$variant")" ] || [ -n "${missing[$workload:$variant]:-}" ]; then continue; fi
            program "$variant"
            "$what" "$workload" "$variant" || broke "$workload" "$variant"
            stop_serving
        done
    done
}

install
echo 'building' >&2
cargo fetch --locked --quiet --manifest-path "$here/rust/Cargo.toml"
# One after the other: what a server's client needs is no part of the program that has none.
CARGO_TARGET_DIR=$place/rust cargo build --release --offline --locked --quiet --manifest-path "$here/rust/Cargo.toml"
CARGO_TARGET_DIR=$place/rust cargo build --release --offline --locked --quiet --manifest-path "$here/rust/Cargo.toml" \
    --bin with_restate --features restate

fact date "$(date -u +%Y-%m-%d)"
fact command "$here/run.sh${1:+ $1}"
fact cores "$(nproc)"
fact cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
fact memory "$(awk '/^MemTotal:/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
fact system "$(uname -s) $(uname -r | sed 's/[^0-9.].*//'), $(uname -m)"
fact file_system "$(df --output=fstype "$place" | tail -n 1)"
fact rust "$(rustc --version | cut -d ' ' -f 2)"
fact python "$({ python3 --version 2> /dev/null || echo 'Python none'; } | cut -d ' ' -f 2)"
fact flujo "$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
fact restate "$(sed -n 's/.*"@restatedev\/restate-server": "\(.*\)".*/\1/p' tests/restate/package.json)"
fact langgraph "$(version_of langgraph langgraph)"
fact langgraph_sqlite "$(version_of langgraph langgraph-checkpoint-sqlite)"
fact dbos "$(version_of dbos dbos)"
fact python_flujo "$(version_of python_flujo flujo)"
fact rounds "$rounds"
fact crash_rounds "$crashes"
fact paused "$paused"
fact load_before "$(cut -d ' ' -f 1-3 /proc/loadavg)"

each "$rounds" steps timed
each "$rounds" fan timed
each "$rounds" durable timed
if [ -z "${missing[strace]:-}" ]; then each 1 syncs syncs; fi
each "$rounds" hello hello
each "$crashes" crash crash
each "$pauses" paused resting
if wanted builds; then builds; fi
fact load_after "$(cut -d ' ' -f 1-3 /proc/loadavg)"

# ---- the page -----------------------------------------------------------------------------------------------------------

for workload in "${workloads[@]}"; do
    for variant in ${variants[$workload]}; do
        why=$(why_not "$variant")
        why=${why:-${missing[$workload:$variant]:-}}
        if [ "$workload" = syncs ]; then why=${why:-${missing[strace]:-}}; fi
        awk -F '\t' -v workload="$workload" -v variant="$variant" -v why="${why:-it was left out of this run}" '
            $1 == workload && $2 == variant { n++; for (i = 3; i <= NF; i++) { if (i > wide) wide = i; value[i, n] = $i } }
            END {
                printf "row\t%s\t%s", workload, variant
                if (n == 0) { printf "\tnot measured: %s\n", why; exit }
                for (i = 3; i <= wide; i++) {
                    for (a = 2; a <= n; a++) {
                        for (b = a; b > 1 && value[i, b - 1] + 0 > value[i, b] + 0; b--) {
                            t = value[i, b]; value[i, b] = value[i, b - 1]; value[i, b - 1] = t
                        }
                    }
                    middle = n % 2 ? value[i, (n + 1) / 2] : (value[i, n / 2] + value[i, n / 2 + 1]) / 2
                    printf "\t%s\t%s\t%s", middle, value[i, 1], value[i, n]
                }
                printf "\n"
            }' "$samples" >> "$results"
    done
done
rm -rf "$folder"

bash "$here/page.sh" "$results" > "$place/measurements.md"
if [ -n "$quick${FLUJO_COMPARE_ONLY:-}" ]; then
    echo "written: $place/measurements.md"
else
    cp "$results" "$here/results.tsv"
    cp "$place/measurements.md" "$page"
    echo "written: $page"
fi
