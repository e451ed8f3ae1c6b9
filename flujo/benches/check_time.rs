//! What `cargo check` of a long pipeline costs, against the same step definitions awaited by hand.
//!
//! Writes five crates, checks them in turn with incremental compilation off (with it on a touched file is
//! reused, and every curve looks flat), and prints `RATIO <name> <measured> <= <bound>`.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench reports to its caller")]

mod common;

use common::crates::{Crate, Workspace, succeed};
use common::{median, report};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

fn steps(n: usize) -> String {
    let mut out = String::from("#![allow(dead_code)]\nuse flujo::prelude::*;\n");
    for i in 0..n {
        let _ = writeln!(out, "#[step]\nasync fn s{i}(x: u64) -> Result<u64> {{ Ok(x + {i}) }}");
    }
    out
}

/// The same definitions, awaited one after another in plain async code.
fn by_hand(n: usize) -> String {
    let mut out = steps(n);
    out.push_str("pub async fn chain(x: u64) -> std::result::Result<u64, flujo::Error> {\n");
    for i in 0..n {
        let _ = writeln!(out, "    let x = s{i}(x).run(&mut (), &()).await?;");
    }
    out.push_str("    Ok(x)\n}\n");
    out
}

fn pipeline(n: usize) -> String {
    let mut out = steps(n);
    out.push_str("pipeline! {\n    /// A long one.\n    pub fn chain(x: u64) -> u64 {\n");
    for i in 0..n {
        let _ = writeln!(out, "        let x = s{i}(x);");
    }
    out.push_str("        x\n    }\n}\n");
    out
}

/// The same number of steps in the bodies of forms, which are inside each other.
fn in_forms(n: usize) -> String {
    let mut out = steps(n);
    let mut rest = 0..n;
    let mut calls = |n: usize| -> String {
        rest.by_ref().take(n).fold(String::new(), |mut out, i| {
            let _ = writeln!(out, "            let x = s{i}(x);");
            out
        })
    };
    let fifth = n / 5;
    let (in_arm, in_item, in_round) = (calls(fifth), calls(fifth), calls(fifth));
    let (in_branch, at_last) = (calls(fifth), calls(n - 4 * fifth));
    let _ = write!(
        out,
        "pipeline! {{\n    /// A long one.\n    pub fn chain(x: u64) -> u64 {{
        let x = repeat(x, |x| {{
            let all = map(vec![x], |x| {{
                let (a, b) = join({{ {in_arm} x }}, s0(x).named(\"beside\"));
                let x = a + b;
                {in_item}
                x
            }});
            let x = all.len() as u64;
            {in_round}
            x
        }})
        .until(|x| *x > 3)
        .max(3);
        let x = if x > 3 {{ {in_branch} x }} else {{ x }};
        {at_last}
        x\n    }}\n}}\n"
    );
    out
}

fn check(space: &Workspace, name: &str, source: &str) -> Duration {
    // Changed, so that it is checked again; the same, so that it costs the same.
    space.write(name, "lib.rs", source);
    let mut command = space.command(env!("CARGO"));
    command.args(["check", "--quiet", "-p", name]).env("CARGO_INCREMENTAL", "0");
    let started = Instant::now();
    succeed(command);
    started.elapsed()
}

fn main() {
    let sources = [
        ("hand_200", by_hand(200)),
        ("pipeline_200", pipeline(200)),
        ("pipeline_400", pipeline(400)),
        ("forms_200", in_forms(200)),
        ("forms_400", in_forms(400)),
    ];
    let crates = sources.clone().map(|(name, source)| Crate::library(name, source));
    let space = Workspace::new("check_time", &crates);
    let check = |wanted: &str| {
        let (name, source) = sources.iter().find(|(name, _)| *name == wanted).expect("one of these");
        check(&space, name, source).as_secs_f64()
    };
    // Everything below them is compiled once, and not measured.
    check("hand_200");
    let (mut long, mut longer, mut forms, mut more_forms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let hand = check("hand_200");
        let two = check("pipeline_200");
        let four = check("pipeline_400");
        long.push(two / hand);
        longer.push(four / two);
        let in_forms = check("forms_200");
        forms.push(in_forms / hand);
        more_forms.push(check("forms_400") / in_forms);
    }
    let held = [
        report("check_200", median(long), 2.5),
        report("check_400_over_200", median(longer), 2.5),
        report("check_forms_200", median(forms), 2.5),
        report("check_forms_400_over_200", median(more_forms), 2.5),
    ];
    if held.contains(&false) {
        std::process::exit(1);
    }
}
