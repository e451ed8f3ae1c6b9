//! Testing: a small workflow; what its own tests look like is in `tests.rs`.
//!
//! `cargo test -p flujo-examples --example testing`; run, it prints one answer.
#![allow(clippy::print_stdout, reason = "it tells a story")]

#[cfg(test)]
mod tests;

use flujo::prelude::*;

#[context]
#[derive(Debug, Default, PartialEq)]
struct Desk {
    #[context(part, merge = append)]
    notes: Vec<String>,
}

/// What it would take a model to find out.
#[step(retries = 2, timeout = "30s")]
async fn understand(letter: String) -> Result<String> {
    Ok(letter.split_whitespace().last().unwrap_or("nothing").trim_end_matches('?').to_owned())
}

#[step]
async fn file(wish: String, notes: &mut Vec<String>) -> Result<String> {
    notes.push(format!("wants {wish}"));
    Ok(wish)
}

pipeline! {
    /// Answers a letter; somebody looks at the answer first.
    fn answer(letter: String, ctx: &mut Desk) -> String {
        let wish = understand(letter) >> file;
        let fine: bool = ask("May they have it?").showing(&wish);
        if fine { format!("Here is your {wish}.") } else { fail(format!("no {wish} today")) }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), flujo::Error> {
    let flujo = Flujo::builder().build()?;
    flujo.run(answer("May I have an umbrella?".to_owned())).id("letter").await;
    println!("{}", flujo.resume::<answer>("letter").reply(true).await?.into_output()?);
    Ok(())
}
