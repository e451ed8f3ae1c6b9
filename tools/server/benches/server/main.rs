//! What the server costs, against floors measured in the same run.
//!
//! Prints one line per figure, `RATIO <name> <measured> <bound>`, and exits non-zero on a miss.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench reports to its caller, and has no readers of its docs"
)]

mod clients;
mod fanout;
mod folder;
mod page;
mod viewers;

fn report(name: &str, measured: f64, bound: f64) -> bool {
    let held = measured <= bound;
    println!("RATIO {name} {measured:.2} <= {bound:.1}{}", if held { "" } else { "  MISSED" });
    held
}

fn median_of(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() {
    // `cargo bench --bench server -- list_page` measures that alone.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let mut held = true;
    held &= !is_wanted("list_page") || page::measure();
    held &= !is_wanted("events_fanout") || fanout::measure();
    held &= !is_wanted("viewers_200") || viewers::measure();
    if !held {
        std::process::exit(1);
    }
}
