//! What a user waits for after an edit: ten pipelines of ten steps, against the same hundred functions
//! awaited by hand.
//!
//! Writes crates, has cargo build and check them in turn, and prints `RATIO <name> <measured> <= <bound>`. With
//! a word after `--` (`check`, `build`), only that part is measured. `settings` is measured only by name: what the
//! settings of the book's page make of it, without a bound.
//!
//! What is measured are CPU seconds, user and system, of cargo and all that it starts: a busy machine makes
//! them little worse, and a second core hides nothing. Cargo's own work (reading manifests, comparing
//! times) is the same on both sides and no part of compiling the crate; it is measured as a build with
//! nothing to do, in the same round, and taken off.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a bench reports to its caller")]

mod common;

use common::crates::{Crate, Workspace, succeed};
use common::programs::Program;
use common::{median, report};
use std::fs;
use std::process::Command;

const ROUNDS: u64 = 3;

const TEN: Program = Program { pipelines: 10, steps: 10, typed: true, edit: 0 };
const ONE: Program = Program { pipelines: 1, steps: 1, ..TEN };

/// CPU seconds of `cargo <words>` and of all processes that it waits for. Bash counts them: what the system
/// knows about ended children is behind `unsafe`, and `time` as a program is not on every machine.
fn cpu(space: &Workspace, words: &[&str]) -> f64 {
    let mut command = space.command("bash");
    command.args(["-c", "TIMEFORMAT='%U %S'; time \"$@\"", "bash", env!("CARGO")]).args(words);
    command.env("LC_ALL", "C");
    let (_, err) = succeed(command);
    let times = err.lines().last().unwrap_or_default();
    let seconds = times.split(' ').map(|one| one.parse::<f64>().unwrap_or(f64::NAN)).sum::<f64>();
    assert!(seconds.is_finite(), "bash says `{times}`");
    seconds
}

/// A side of the comparison: the crate of ten times ten, how its source is made, and what was measured.
struct Side {
    name: &'static str,
    source: fn(&Program) -> String,
    edits: u64,
    build: Vec<f64>,
    rebuild: Vec<f64>,
    check: Vec<f64>,
}

impl Side {
    fn new(name: &'static str, source: fn(&Program) -> String) -> Self {
        Self { name, source, edits: 0, build: Vec::new(), rebuild: Vec::new(), check: Vec::new() }
    }

    /// In the body of one step; never the same twice, or the incremental compiler would have seen it.
    fn edit(&mut self, space: &Workspace) {
        self.edits += 1;
        space.write(self.name, "main.rs", &(self.source)(&Program { edit: self.edits, ..TEN }));
    }

    fn cargo(&self, space: &Workspace, word: &str) -> f64 {
        cpu(space, &[word, "--quiet", "-p", self.name])
    }

    /// What the compiler took, without what cargo took to find out that there was something to do.
    fn compiled(&self, space: &Workspace, word: &str) -> f64 {
        let all = self.cargo(space, word);
        all - self.cargo(space, word)
    }

    fn check(&mut self, space: &Workspace) {
        self.edit(space);
        self.check.push(self.compiled(space, "check"));
    }

    fn build(&mut self, space: &Workspace) {
        // With its incremental folder, which cargo removes as well.
        self.cargo(space, "clean");
        self.build.push(self.compiled(space, "build"));
        self.edit(space);
        self.rebuild.push(self.compiled(space, "build"));
    }
}

fn held(name: &str, ours: &[f64], hand: &[f64], bound: f64) -> bool {
    let (ours, hand) = (median(ours.to_vec()), median(hand.to_vec()));
    println!("{name}: {ours:.2} s of CPU, by hand {hand:.2} s");
    report(name, ours / hand, bound)
}

/// The bytes of a program as the profile `dev` leaves it: with the debug information that is there by default.
fn bytes(space: &Workspace, name: &str) -> f64 {
    let path = space.target().join("debug").join(name);
    let path = if path.exists() { path } else { path.with_extension("exe") };
    let bytes = fs::metadata(path).expect("a program").len();
    u32::try_from(bytes / 1024).map_or(f64::NAN, |kib| f64::from(kib) * 1024.0)
}

/// What ninety-nine steps and nine pipelines more add to a program that has one of each already, on both sides:
/// the runtime that comes with the first pipeline is no part of it, as tokio and serde are none.
fn growth(space: &Workspace) -> bool {
    let mib = |name| bytes(space, name) / 1024.0 / 1024.0;
    let [one, ten, hand_one, hand_ten] = ["flujo_1x1", "flujo_10x10", "hand_1x1", "hand_10x10"].map(mib);
    println!("binary_10x10: {one:.2} to {ten:.2} MiB, by hand {hand_one:.2} to {hand_ten:.2} MiB");
    report("binary_10x10", (ten - one) / (hand_ten - hand_one), 3.0)
}

/// The settings of the book's page on build settings, as arguments of cargo.
const SETTINGS: [(&str, &[&str]); 6] = [
    ("as cargo sets it", &[]),
    ("debug = line-tables-only", &["profile.dev.debug='line-tables-only'"]),
    ("debug = false", &["profile.dev.debug=false"]),
    ("incremental = false", &["profile.dev.incremental=false"]),
    ("opt-level = 1 for flujo", &["profile.dev.package.flujo.opt-level=1"]),
    (
        "opt-level = 1 for all below",
        &["profile.dev.package.'*'.opt-level=1", "profile.dev.package.flujo.opt-level=1"],
    ),
];

/// Prints what each setting costs and gains: the first build of everything, a build after an edit, the program's size.
fn settings(space: &Workspace, ours: &mut Side) {
    println!("{:<28} {:>12} {:>12} {:>12}", "", "first build", "after an edit", "program");
    let mut before: Option<[f64; 3]> = None;
    for (i, (name, configs)) in SETTINGS.iter().enumerate() {
        let target = space.target().join(format!("settings_{i}"));
        let target = target.to_str().expect("a path of letters").to_owned();
        let mut words = vec!["build", "--quiet", "-p", ours.name, "--target-dir", &target];
        words.extend(configs.iter().flat_map(|config| ["--config", config]));
        let first = cpu(space, &words);
        let rebuilds = (0..ROUNDS).map(|_| {
            ours.edit(space);
            cpu(space, &words) - cpu(space, &words)
        });
        let rebuild = median(rebuilds.collect());
        let path = std::path::Path::new(&target).join("debug").join(ours.name);
        let bytes = fs::metadata(&path).or_else(|_| fs::metadata(path.with_extension("exe")));
        let kib = bytes.expect("a program").len() / 1024;
        let measured = [first, rebuild, u32::try_from(kib).map_or(f64::NAN, f64::from)];
        let [first, rebuild, size] = match before {
            None => [1.0; 3],
            Some(before) => std::array::from_fn(|i| {
                measured.get(i).zip(before.get(i)).map_or(f64::NAN, |(now, before)| now / before)
            }),
        };
        println!("{name:<28} {first:>12.2} {rebuild:>12.2} {size:>12.2}");
        before = before.or(Some(measured));
        fs::remove_dir_all(&target).expect("a folder of its own");
    }
}

fn main() {
    let Ok(true) = Command::new("bash").arg("-c").arg("true").status().map(|status| status.success()) else {
        println!("SKIPPED: build_time needs bash, which counts the CPU time of what cargo starts");
        return;
    };
    let asked = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let wanted = |word: &str| asked.as_ref().is_none_or(|asked| asked == word);
    let space = Workspace::new(
        "build_time",
        &[
            Crate::program("flujo_1x1", ONE.flujo(), true),
            Crate::program("flujo_10x10", TEN.flujo(), true),
            Crate::program("hand_1x1", ONE.by_hand(), false),
            Crate::program("hand_10x10", TEN.by_hand(), false),
        ],
    );
    let (mut ours, mut hand) =
        (Side::new("flujo_10x10", Program::flujo), Side::new("hand_10x10", Program::by_hand));
    let mut all = true;
    if asked.as_deref() == Some("settings") {
        settings(&space, &mut ours);
    }
    if wanted("check") {
        // Everything below them is compiled once, and not measured.
        for side in [&ours, &hand] {
            side.cargo(&space, "check");
        }
        for _ in 0..ROUNDS {
            ours.check(&space);
            hand.check(&space);
        }
        all &= held("check_10x10", &ours.check, &hand.check, 2.5);
    }
    if wanted("build") {
        // The small ones are compiled for their size, and bring what is below all of them.
        for name in ["flujo_1x1", "hand_1x1"] {
            cpu(&space, &["build", "--quiet", "-p", name]);
        }
        for _ in 0..ROUNDS {
            ours.build(&space);
            hand.build(&space);
        }
        all &= held("build_10x10", &ours.build, &hand.build, 4.0);
        all &= held("rebuild_10x10", &ours.rebuild, &hand.rebuild, 3.0);
        all &= growth(&space);
        // A program that does nothing would be small for another reason.
        for side in [&ours, &hand] {
            let (out, _) = succeed(Command::new(space.target().join("debug").join(side.name)));
            // By hand, what was recorded is printed as well.
            let results = out.lines().filter(|line| line.starts_with("Note")).count();
            assert_eq!(results, 10, "{}: {out}", side.name);
        }
    }
    if !all {
        std::process::exit(1);
    }
}
