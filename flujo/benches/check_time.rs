//! What `cargo check` of a long pipeline costs, against the same step definitions awaited by hand.
//!
//! Writes five crates, checks them in turn with incremental compilation off (with it on a touched file is
//! reused, and every curve looks flat), and prints `RATIO <name> <measured> <= <bound>`.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "a bench reports to its caller")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
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

struct Workspace {
    root: PathBuf,
}

impl Workspace {
    fn new(crates: &[(&str, String)]) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check_time");
        let members: Vec<_> = crates.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (name, source) in crates {
            let src = root.join(name).join("src");
            fs::create_dir_all(&src).expect("a folder");
            fs::write(src.join("lib.rs"), source).expect("a source file");
            let manifest = format!(
                "[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\nflujo = {{ path = \"{}\" }}\n",
                here.display()
            );
            fs::write(root.join(name).join("Cargo.toml"), manifest).expect("a manifest");
        }
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", "));
        fs::write(root.join("Cargo.toml"), manifest).expect("a manifest");
        let lock = here.parent().map(|top| top.join("Cargo.lock"));
        if let Some(lock) = lock.filter(|lock| lock.exists()) {
            fs::copy(lock, root.join("Cargo.lock")).expect("the lock file");
        }
        Self { root }
    }

    fn check(&self, name: &str) -> Duration {
        // Changed, so that it is checked again; the same, so that it costs the same.
        let lib = self.root.join(name).join("src/lib.rs");
        let text = fs::read_to_string(&lib).expect("the source");
        fs::write(&lib, text).expect("the source");
        let started = Instant::now();
        let done = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "-p", name])
            .current_dir(&self.root)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env_remove("RUSTFLAGS")
            .output()
            .expect("cargo");
        let took = started.elapsed();
        assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
        took
    }
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}

fn report(name: &str, measured: f64, bound: f64) -> bool {
    let held = measured <= bound;
    println!("RATIO {name} {measured:.2} <= {bound:.1}{}", if held { "" } else { "  MISSED" });
    held
}

fn main() {
    let space = Workspace::new(&[
        ("hand_200", by_hand(200)),
        ("pipeline_200", pipeline(200)),
        ("pipeline_400", pipeline(400)),
        ("forms_200", in_forms(200)),
        ("forms_400", in_forms(400)),
    ]);
    // Everything below them is compiled once, and not measured.
    space.check("hand_200");
    let (mut long, mut longer, mut forms, mut more_forms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let hand = space.check("hand_200").as_secs_f64();
        let two = space.check("pipeline_200").as_secs_f64();
        let four = space.check("pipeline_400").as_secs_f64();
        long.push(two / hand);
        longer.push(four / two);
        let in_forms = space.check("forms_200").as_secs_f64();
        forms.push(in_forms / hand);
        more_forms.push(space.check("forms_400").as_secs_f64() / in_forms);
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
