//! Composition: a pipeline is a step. It is called like one, piped into like one, and counts with all it does.
//!
//! `cargo run --example composition`
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::prelude::*;

#[context]
#[derive(Debug, Default)]
struct Review {
    /// A pipeline that knows only this part can be called where the whole context is at hand.
    #[context(part)]
    spelling: Spelling,
    stars: u32,
}

/// The context of `clean`, and a part of `Review`.
#[context]
#[derive(Debug, Default)]
struct Spelling {
    corrections: u32,
}

#[step]
async fn trim(text: String) -> Result<String> {
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[step]
async fn correct(text: String, spelling: &mut Spelling) -> Result<String> {
    spelling.corrections += u32::try_from(text.matches("teh").count())?;
    Ok(text.replace("teh", "the"))
}

#[step]
async fn shout(text: String) -> Result<String> {
    Ok(text.to_uppercase())
}

#[step(retries = 2)]
async fn rate(text: String, ctx: &mut Review) -> Result<String> {
    ctx.stars = u32::from(ctx.spelling.corrections == 0) * 2 + 3;
    Ok(format!("{text} ({} of 5 stars)", ctx.stars))
}

pipeline! {
    /// `x >> f` is `f(x)`: from left to right.
    fn clean(text: String, spelling: &mut Spelling) -> String {
        text >> trim >> correct
    }
}

pipeline! {
    /// Its context is `Review`; `clean` gets the part that it asks for.
    fn publish(text: String, ctx: &mut Review) -> String {
        let text = clean(text);
        // Options of a pipeline call hold for all of it: a restart begins at the step that failed.
        let text = polish(text).retries(1);
        text >> rate
    }
}

pipeline! {
    /// One pipeline may be called twice, under two names.
    fn polish(text: String) -> String {
        text >> trim >> shout
    }
}

pipeline! {
    /// Every text, with a pipeline as the body.
    fn edition(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| polish(text)).max(12)
    }
}

// The worst case of a run is a constant, nested pipelines included: what must not grow is held by the compiler.
const _: () = clean::BOUNDS.assert_step_runs_at_most(2);
// Two steps of `clean`, two of `polish` that may run again, and three attempts to `rate`.
const _: () = publish::BOUNDS.assert_step_runs_at_most(2 + 2 * 2 + 3);
const _: () = edition::BOUNDS.assert_step_runs_at_most(12 * 2);
// Nobody is asked when something is published.
const _: () = publish::BOUNDS.assert_questions_at_most(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), flujo::Error> {
    let flujo = Flujo::builder().build()?;

    let result = flujo.run(publish("  teh sea,   teh shore ".to_owned())).await;
    for step in &result.steps {
        println!("{}", step.path());
    }
    println!("corrections: {}", result.context.spelling.corrections);
    println!("{}", result.into_output()?);

    // A pipeline that is called elsewhere can be run alone just as well.
    let texts = ["low tide", "high tide"].map(str::to_owned);
    println!("{}", flujo.run(edition(texts.into())).await.into_output()?.join(", "));
    println!("{:?}", publish::BOUNDS);
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
#[path = "../kills/composition.rs"]
mod kills;
