//! What happens to a letter.

use flujo::Cost;
use flujo::model::{PriceBook, Tokens};
use flujo::prelude::*;
use std::time::Duration;

#[step]
async fn greet(name: String) -> Result<String> {
    if name == "nobody" {
        return Err(StepError::fatal(format!("there is no address for {name}")));
    }
    Ok(format!("Dear {name},"))
}

#[step(model = "test:writer", max_tokens = 100, timeout = "30s")]
pub fn write(text: String) -> Prompt<String> {
    Prompt::system("Write the letter.").user(text)
}

/// Hands the letter in, unless the post office is closed.
#[step(retries = 1, backoff = none)]
async fn post(text: String) -> Result<String> {
    if std::env::var_os("LETTERS_CLOSED").is_some() {
        return Err(std::io::Error::other("the post office is closed").into());
    }
    Ok(format!("sent: {text}"))
}

pipeline! {
    /// Writes a letter, and sends it if a person agrees.
    pub fn letter(name: String) -> String {
        let begin = greet(name);
        let text = write(begin);
        let agreed: bool = ask("Send this letter?").showing(&text).timeout("3d", false);
        if agreed { post(text) } else { fail("not sent") }
    }
}

#[step]
async fn sign(text: String, times: u32) -> Result<String> {
    Ok(format!("{text}{}", " L.".repeat(times.try_into().unwrap_or(0))))
}

pipeline! {
    /// A note with signatures, sent without a question.
    pub fn note(name: String, times: u32) -> String {
        let begin = greet(name);
        let text = sign(begin, times);
        post(text)
    }
}

#[step]
async fn carry(item: u32) -> Result<u32> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(item)
}

pipeline! {
    /// Many small steps, one after the other.
    pub fn queue(items: Vec<u32>) -> usize {
        let carried = map(items, |item| carry(item)).concurrency(1);
        carried.len()
    }
}

#[step(model = "openai:gpt-4o-mini")]
pub fn shorten(text: String) -> Prompt<String> {
    Prompt::system("Shorten it.").user(text)
}

pipeline! {
    /// Its model may take for ever, and cost any amount.
    pub fn summary(text: String) -> String { shorten(text) }
}

/// A tenth of a cent for a call.
pub struct MadeUpPrices;

impl PriceBook for MadeUpPrices {
    fn price(&self, _: &str, _: &Tokens) -> Option<Cost> {
        Some(Cost(1_000_000))
    }
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.price(model, tokens)
    }
}
