# Short names for what is typed often; the logic is in .ci/.

# lists the recipes
default:
    @just --list

# everything that must hold before a change lands
check:
    .ci/run

# the checks that need more tools
extra:
    .ci/extra

# all tests
test:
    cargo test

# what the compiler tells users: the UI tests alone
ui:
    cargo test -p flujo-tests --test ui

# accepts the current messages of the UI tests; look at the diff before committing it
bless:
    TRYBUILD=overwrite cargo test -p flujo-tests --test ui

# formats
fmt:
    cargo fmt --all

# the format, and what clippy says of all code with all features
lint:
    .ci/run fmt lints

# the documentation, in a browser
doc:
    cargo doc --workspace --no-deps --open

# the figures that CONTRIBUTING.md and the README may quote
bench:
    .ci/run bench

# how many crates users compile
crates:
    .ci/run crates

# the main example, at this terminal
moderation *args:
    cargo run --example moderation -- {{ args }}
