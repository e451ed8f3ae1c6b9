//! How much code rustc hands to LLVM for a pipeline, form by form: what makes a build long after an edit, and
//! the same on every machine.
//!
//! Prints a table, and `COUNT <name> <lines> <= <bound>`. With words after `--`, only those rows are counted.
//! Needs `cargo llvm-lines`, and says that it skips everything where that is absent.
//!
//! `cargo test -p flujo --bench llvm_lines` counts the same as `cargo bench`, and compiles this file and the
//! library as all tests do: the gate takes that.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a bench reports to its caller")]

mod common;

use common::crates::{Crate, Workspace, succeed};
use common::programs::{Program, main_of};
use std::process::Command;

/// The pipeline of five steps, against the same by hand.
const FIVE_STEPS: u64 = 4;

/// What a step of one's own and its call may add.
const FURTHER_STEP: u64 = 2_500;

/// What a pipeline has beside its five steps.
struct Row {
    name: &'static str,
    /// Items before the pipeline.
    items: &'static str,
    /// What stands after the fifth call, where `x` is text.
    body: &'static str,
    /// More parameters of the pipeline.
    takes: &'static str,
    /// More calls of the run.
    with: &'static str,
    /// Lines over the pipeline of five, at most.
    bound: u64,
}

const ROW: Row = Row { name: "", items: "", body: "", takes: "", with: "", bound: 0 };

/// Steps of numbers, as they are counted for by hand: what values of other types bring is the same on both sides.
const FIVE: Program = Program { pipelines: 1, steps: 5, typed: false, edit: 7 };

const HALF: &str = "#[step]\nasync fn half(x: u64) -> Result<u64> { Ok(x / 2) }\n";

const PLAIN: &str = "#[step]\nasync fn plain(x: u64) -> Result<u64> { Ok(x) }\n";

const SHORT: &str = "
struct Short;
impl Validator<u64> for Short {
    fn validate(&self, x: &u64) -> ValidationResult {
        if *x < 120 { ValidationResult::valid() } else { ValidationResult::invalid(\"it is too long\") }
    }
}
";

/// Each brings the steps that it cannot do without, which are part of the figure: `half` where it names one, and
/// `plain` where it names two.
const ROWS: [Row; 12] = [
    Row {
        name: "context",
        bound: 6_000,
        items: "
            #[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
            pub struct Title(String);
            #[context]
            #[derive(Debug, Default)]
            pub struct State {
                #[context(part, merge = sum)]
                words: u64,
                #[context(part)]
                title: Title,
            }
            #[step]
            async fn count(x: u64, words: &mut u64, #[ctx] title: &Title) -> Result<u64> {
                *words += 1;
                Ok(x + title.0.len() as u64)
            }
        ",
        takes: ", ctx: &mut State",
        body: "let x = count(x);",
        with: ".context(State::default())",
    },
    Row { name: "fallback", bound: 7_200, items: PLAIN, body: "let x = half(x).fallback(plain);", ..ROW },
    Row { name: "validator", bound: 3_500, items: SHORT, body: "let x = half(x).validate(Short);", ..ROW },
    Row {
        name: "model",
        bound: 6_800,
        items: "#[step(model = \"test:small\", max_tokens = 50)]
            fn asked(x: u64) -> Prompt<u64> { Prompt::system(\"Halve it.\").user(x.to_string()) }\n",
        body: "let x = asked(x);",
        ..ROW
    },
    Row {
        name: "tool",
        bound: 17_000,
        items: "#[step(model = \"test:small\", max_tokens = 50, tools = [half])]
            fn asked(x: u64) -> Prompt<u64> { Prompt::system(\"Halve it.\").user(x.to_string()) }\n",
        body: "let x = asked(x);",
        ..ROW
    },
    Row {
        name: "map",
        bound: 7_300,
        body: "let all = map(vec![x], |x| half(x)); let x = all.len() as u64;",
        ..ROW
    },
    Row {
        name: "join",
        bound: 7_400,
        items: PLAIN,
        body: "let (x, y) = join(half(x), plain(x)); let x = x + y;",
        ..ROW
    },
    Row {
        name: "repeat",
        bound: 2_200,
        body: "let x = repeat(x, |x| half(x)).until(|x| *x < 3).max(3);",
        ..ROW
    },
    Row {
        name: "refine",
        bound: 6_800,
        items: "#[step]\nasync fn judge(x: u64) -> Result<Critique> { Ok(Critique::revise(x.to_string())) }\n",
        body: "let x = refine(|_| half(x), |x| judge(x)).max(3);",
        ..ROW
    },
    Row { name: "gate", bound: 3_000, items: SHORT, body: "let x = gate(x, Short);", ..ROW },
    Row { name: "ask", bound: 1_000, body: "let x: u64 = ask(\"How many?\").showing(&x);", ..ROW },
    Row {
        name: "nested",
        bound: 3_200,
        items: "pipeline! {\n/// Inside.\npub fn inside(x: u64) -> u64 { half(x) }\n}\n",
        body: "let x = inside(x);",
        ..ROW
    },
];

fn source(row: &Row) -> String {
    let Row { items, body, takes, with, .. } = row;
    let half = if body.contains("half") || items.contains("half") { HALF } else { "" };
    let model = items.contains("model = ");
    let models = if model { ".models(flujo::model::Script::new().then(\"2\"))" } else { "" };
    let (steps, calls) = (FIVE.definitions(0, "#[step]\n"), FIVE.calls(0));
    let main = main_of(&format!(
        "    let flujo = Flujo::builder(){models}.pipeline::<chain0>().build().unwrap();
    println!(\"{{:?}}\", flujo.run(chain0(0)){with}.await.into_output().unwrap());\n"
    ));
    format!(
        "use flujo::prelude::*;\n{steps}{half}{items}
pipeline! {{\n    /// One.\n    pub fn chain0(x: u64{takes}) -> u64 {{\n{calls}        {body}\n        x\n    }}\n}}\n{main}"
    )
}

/// Lines of the crate `name`, with everything generic that is compiled for it.
fn lines(space: &Workspace, name: &str) -> u64 {
    let mut command = space.command(env!("CARGO"));
    command.args(["llvm-lines", "--quiet", "-p", name, "--bin", name]);
    let (out, err) = succeed(command);
    let total = out.lines().find(|line| line.ends_with("(TOTAL)"));
    let total = total.and_then(|line| line.split_whitespace().next()).and_then(|n| n.parse().ok());
    total.unwrap_or_else(|| panic!("{name}: no total in what cargo llvm-lines says: {out}{err}"))
}

fn count(name: &str, lines: u64, bound: u64, told: &str) -> bool {
    let held = lines <= bound;
    println!("COUNT {name} {lines} <= {told}{}", if held { "" } else { "  MISSED" });
    held
}

fn main() {
    let asked = Command::new(env!("CARGO")).args(["llvm-lines", "--version"]).output();
    if !asked.is_ok_and(|asked| asked.status.success()) {
        println!(
            "SKIPPED: LLVM lines are not counted without `cargo install cargo-llvm-lines --version =0.4.48 --locked`"
        );
        return;
    }
    let mut crates = vec![
        Crate::program("by_hand", FIVE.by_hand(), false),
        Crate::program("one_step", Program { steps: 1, ..FIVE }.flujo(), true),
        Crate::program("five_steps", FIVE.flujo(), true),
        Crate::program("six_steps", Program { steps: 6, ..FIVE }.flujo(), true),
    ];
    crates.extend(ROWS.iter().map(|row| Crate::program(row.name, source(row), true)));
    let space = Workspace::new("llvm_lines", &crates);
    let wanted: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    println!("{:<12} {:>9} {:>15}", "", "lines", "over five steps");
    let hand = lines(&space, "by_hand");
    println!("{:<12} {hand:>9}", "by_hand");
    let five = lines(&space, "five_steps");
    let mut limits = Vec::new();
    for made in crates.iter().filter(|made| made.name != "by_hand") {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == made.name) {
            continue;
        }
        let all = if made.name == "five_steps" { five } else { lines(&space, made.name) };
        let over = all.saturating_sub(five);
        println!("{:<12} {all:>9} {over:>15}", made.name);
        let bound = ROWS.iter().find(|row| row.name == made.name).map(|row| row.bound);
        let limit = match made.name {
            "five_steps" => Some((made.name, all, FIVE_STEPS * hand, format!("{FIVE_STEPS} x by_hand"))),
            "six_steps" => Some(("further_step", over, FURTHER_STEP, FURTHER_STEP.to_string())),
            name => bound.map(|bound| (name, over, bound, bound.to_string())),
        };
        limits.extend(limit);
    }
    let held = limits.iter().map(|(name, lines, bound, told)| count(name, *lines, *bound, told));
    if !held.fold(true, |all, one| all & one) {
        std::process::exit(1);
    }
}
