//! Pipelines of calls, branches and joins.

use flujo::prelude::*;

/// The state.
#[context]
#[derive(Debug, Default)]
pub struct State {
    name: String,
    number: u64,
}

/// A service.
#[derive(Clone, Copy, Debug)]
pub struct Db;

/// Services.
#[resources]
#[derive(Debug)]
pub struct App {
    db: Db,
    greeting: String,
}

/// Gives it back.
#[step]
pub async fn keep(text: String) -> Result<String> {
    Ok(text)
}

/// Finds it.
#[step]
pub async fn find(text: String) -> Result<Option<String>> {
    Ok(Some(text))
}

/// Counts.
#[step]
pub async fn count(text: String, db: &Db, state: &mut State) -> Result<String> {
    let Db = *db;
    state.number = state.number.saturating_add(1);
    Ok(text)
}

pipeline! {
    /// Every form.
    pub fn all(text: String, state: &mut State, app: &App) -> String {
        let found = find(text).timeout("20s").retries(2);
        let Some(found) = found else { fail("nothing") };
        let (left, right) = join(count(found.clone()), keep(found).named("kept"));
        let out = match state.number {
            0 => keep(left).named("first"),
            many if many > 100 => fail("many"),
            _ => left,
        };
        let out = if out.len() > 2 { keep(out).named("second") } else { out };
        let label: u8 = ask("How many?").showing(&out).timeout("2h", 3);
        let settled = keep(out).named("settled").settle().fallback(keep);
        let last = match settled {
            Ok(last) => last,
            Err(failure) => format!("{failure} {right}"),
        };
        let last = last >> keep.named("piped") >> keep.named("piped_again");
        keep(format!("{last}{label}")).named("dropped");
        format!("{last}{label}{}{}", state.number, state.name)
    }
}

pipeline! {
    /// Nothing runs.
    pub fn nothing(_text: String) -> () {}
}

pipeline! {
    /// Nothing comes of it.
    pub fn unit(text: String) -> () {
        keep(text);
    }
}

pipeline! {
    /// Fails always.
    pub fn fails(text: String) -> String {
        fail(text)
    }
}

pipeline! {
    /// Fails one way or another.
    pub fn fails_too(text: String) -> String {
        let text = keep(text);
        match text.len() {
            0 => fail("empty"),
            1 => fail("short"),
            _ => {
                keep(text).named("again");
                fail("not empty")
            }
        }
    }
}

pipeline! {
    /// Nested.
    pub fn nested(text: String, state: &mut State, app: &App) -> String {
        text >> all >> fails.settle().named("failed") >> settled
    }
}

pipeline! {
    /// Reads.
    #[allow(clippy::needless_borrow, reason = "lint levels reach the body")]
    pub fn settled(result: core::result::Result<String, Failure>, #[ctx] state: &State) -> String {
        if let Ok(text) = result { keep((&text).clone()) } else { keep(state.name.clone()).named("name") }
    }
}

/// Erases a text.
///
/// # Errors
/// None.
#[step(ask_first = "Erase it?")]
pub async fn erase(text: String, names: &mut Vec<u8>) -> Result<usize> {
    names.push(1);
    Ok(text.len())
}

/// Asks a model that may call steps and pipelines, some with leave.
#[step(
    model = "test:small",
    max_tokens = 50,
    tools = [
        erase.timeout("1h", Approval::Allow),
        keep.ask_first("Keep it?").ask_first_if(String::is_empty).timeout("2h", Approval::deny("nobody came")),
        fails,
    ]
)]
pub fn tidy(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

/// Asks a model without tools.
#[step(model = "test:small", max_tokens = 50)]
pub fn sort_out(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    /// Lends tools to one call.
    pub fn lends(text: String) -> String {
        let question = format!("Keep {text}?");
        sort_out(text)
            .tools([
                fails,
                keep.ask_first(&question).ask_first_if(String::is_empty).timeout("2h", Approval::deny("nobody came")),
            ])
            .tool_rounds(2)
    }
}

/// Asks several models, with every option.
#[step(
    models = ["test:small", "test:large"],
    max_tokens = 50,
    tools = [keep],
    tool_choice = keep,
    parallel_calls = false,
    reasoning_effort = "low",
    reasoning_text = true,
    stop = ["END"],
    seed = 7,
    service_tier = "flex",
    prompt_cache = "5m",
    extra = [("top_k", 40), ("deep", -1.5)]
)]
pub fn optioned(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    /// Sets them again.
    pub fn options(text: String, names: Vec<String>) -> String {
        let text = optioned(text).models(names).tool_choice(required).stop(["a", "b"]).seed(u64::MAX).prompt_cache("1h");
        sort_out(text).models(["test:small"]).reasoning_effort("none").extra("a", 1_u8).extra("b", "c").reasoning_text(false)
    }
}
