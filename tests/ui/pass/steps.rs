// Steps of every shape.
use flujo::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Post(String);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Config {
    loud: bool,
}

struct Db;

#[context]
#[derive(Default)]
struct State {
    count: u64,
    #[context(part)]
    config: Config,
    #[context(part, merge = append)]
    notes: Vec<String>,
}

/// All that a step can ask for.
#[step(retries = 3, timeout = "20s", backoff = "100ms", fallback = quick, validate = (Short, Short), version = 2)]
async fn triage(post: Post, notes: &mut Vec<String>, #[ctx] config: &Config, db: &Db, run: &RunInfo) -> Result<String> {
    let _ = db;
    notes.push(format!("attempt {}", run.attempt()));
    Ok(if config.loud { post.0.to_uppercase() } else { post.0 })
}

#[step]
async fn quick(post: Post) -> Result<String> {
    Ok(post.0)
}

/// Writes everything.
#[step]
async fn whole(ctx: &mut State) -> Result<()> {
    ctx.count += 1;
    Ok(())
}

/// A type parameter is recorded without saying so.
#[step]
async fn first<T, const N: usize>(all: Vec<T>) -> Result<Vec<T>> {
    Ok(all.into_iter().take(N).collect())
}

/// A prompt needs no `async`.
#[step(model = "openai:gpt-4o-mini", temperature = 0.2, max_tokens = 200, top_p = 0.9)]
fn label(post: Post) -> Prompt<String> {
    Prompt::system("One word.").user(post.0)
}

/// But it may have to look something up, and fail.
#[step(model = "openai:gpt-4o-mini")]
async fn explain(post: Post, db: &Db) -> Result<Prompt<String>> {
    let _ = db;
    Ok(Prompt::ask(post.0))
}

struct Short;
impl Validator<String> for Short {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() < 100 { ValidationResult::valid() } else { ValidationResult::invalid("too long") }
    }
}

fn main() {
    let _ = triage(Post(String::new())).retries(1);
    let _ = (whole(), label(Post(String::new())), explain(Post(String::new())));
    let _ = first::<u8, 2>(vec![1, 2, 3]);
}
