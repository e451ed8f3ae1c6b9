//! What several stories and tests are told with: reviewers, tools, topics.

use crate::world::*;
use flujo::prelude::*;
use flujo::{Cost, Usage};

/// Adds a letter, and spends a nano-dollar.
pub struct Adds(pub &'static str);
#[flujo::async_trait]
impl Plugin<String> for Adds {
    async fn review(&self, text: &String, run: &RunInfo) -> PluginResult<String> {
        tokio::task::yield_now().await;
        run.spend(Usage::of_cost(Cost(1)));
        PluginResult::Replace(format!("{text}{}", self.0))
    }
}

/// Redirects what is loud.
pub struct Quiet;
#[flujo::async_trait]
impl Plugin<String> for Quiet {
    async fn review(&self, text: &String, _: &RunInfo) -> PluginResult<String> {
        if text.contains('!') { PluginResult::Redirect } else { PluginResult::Accept }
    }
}

/// Accepts what ends so.
pub struct Ends(pub &'static str);
impl Validator<String> for Ends {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.ends_with(self.0) {
            ValidationResult::valid()
        } else {
            ValidationResult::invalid(format!("`{text}` does not end with {}", self.0))
        }
    }
}

/// Accepts nothing.
pub struct Never;
impl Validator<String> for Never {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::invalid("never")
    }
}

/// Is loud, on purpose.
#[step(retries = 2)]
pub async fn shouts(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    log.push("shouted".to_owned());
    Ok(format!("{text}!"))
}

/// Is not.
#[step(version = 3)]
pub async fn whispers(text: String, total: &mut u64, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    *total += u64::from(run.attempt());
    Ok(format!("({text})"))
}

/// What a route goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Topic {
    Spam,
    Tone,
    Facts,
}

/// Looks a word up.
#[step(retries = 1, backoff = none)]
pub async fn look_up(word: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    match word.as_str() {
        "nothing" => Err(StepError::fatal("there is no such word")),
        "later" if run.attempt() == 1 => Err(StepError::retryable("busy")),
        word => Ok(format!("{word} is a word")),
    }
}

/// Adds numbers up.
#[step]
pub async fn add_up(numbers: Vec<u8>, times: Option<u8>, calls: &Calls, run: &RunInfo) -> Result<u32> {
    calls.note(run);
    let sum: u32 = numbers.iter().copied().map(u32::from).sum();
    Ok(sum * u32::from(times.unwrap_or(1)))
}

/// [`research`] with the leave of a person.
#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 2,
    backoff = none,
    tools = [look_up.ask_first("Look it up?"), add_up],
    tool_rounds = 3
)]
pub fn careful(topic: String) -> Prompt<Label> {
    Prompt::system("Find out.").user(topic)
}

#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 2,
    backoff = none,
    tools = [look_up, add_up],
    tool_rounds = 3
)]
pub fn research(topic: String) -> Prompt<Label> {
    Prompt::system("Find out.").user(topic)
}
