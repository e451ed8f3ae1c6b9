//! Steps of every shape, run on their own.

use flujo::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Post(String);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sources(Vec<String>);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Config {
    shout: bool,
}

#[context]
#[derive(Debug, Default, PartialEq)]
struct Moderation {
    post_id: u64,
    #[context(part)]
    sources: Sources,
    #[context(part)]
    config: Config,
    #[context(part, merge = append)]
    notes: Vec<String>,
}

struct Db(u32);
struct Mailer;

#[resources]
struct App {
    db: Db,
    mailer: Mailer,
}

fn app() -> App {
    App { db: Db(7), mailer: Mailer }
}

#[step]
async fn nothing() -> Result<u8> {
    Ok(1)
}

const LINE: u32 = line!();
/// Joins.
#[step(version = 2)]
async fn many(a: u8, b: String, c: Vec<u8>) -> Result<String> {
    Ok(format!("{a}{b}{c:?}"))
}

#[step]
async fn whole(post: Post, ctx: &mut Moderation) -> Result<u64> {
    ctx.post_id += 1;
    ctx.notes.push(post.0);
    Ok(ctx.post_id)
}

#[step]
async fn parts(
    sources: &mut Sources,
    word: String,
    notes: &mut Vec<String>,
    #[ctx] config: &Config,
    db: &Db,
    run: &RunInfo,
    _mailer: &Mailer,
) -> Result<String> {
    sources.0.push(word.clone());
    notes.push(word.clone());
    let word = if config.shout { word.to_uppercase() } else { word };
    Ok(format!("{word} {} {}", db.0, run.attempt()))
}

#[step(retries = 1)]
async fn leaves_no_trace(notes: &mut Vec<String>, run: &RunInfo) -> Result<usize> {
    notes.push(format!("attempt {}", run.attempt()));
    if run.attempt() == 1 {
        return Err(StepError::retryable("not yet"));
    }
    Ok(notes.len())
}

#[step]
async fn decode<T>(text: String) -> Result<T>
where
    T: flujo::Durable + Default,
{
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

#[step]
async fn window<T: flujo::Durable, const N: usize>(all: Vec<T>) -> Result<Vec<T>> {
    Ok(all.into_iter().take(N).collect())
}

#[derive(Debug)]
struct Mine;
impl std::fmt::Display for Mine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("mine")
    }
}
impl std::error::Error for Mine {}

#[step]
async fn own_error(fail: bool) -> Result<(), Mine> {
    if fail { Err(Mine) } else { Ok(()) }
}

#[step]
async fn cheap(word: String) -> Result<usize> {
    Ok(word.len())
}

#[step(fallback = cheap)]
async fn dear(word: String) -> Result<usize> {
    Err(StepError::fatal(word))
}

struct Even;
impl Validator<u8> for Even {
    fn validate(&self, value: &u8) -> ValidationResult {
        if value.is_multiple_of(2) { ValidationResult::valid() } else { ValidationResult::invalid("odd") }
    }
}

#[step(validate = Even, retries = 3)]
async fn next_even(run: &RunInfo, from: u8) -> Result<u8> {
    Ok(from + u8::try_from(run.attempt()).unwrap_or(0))
}

#[step(validate = (Even, Even), strict = false)]
async fn odd_anyway() -> Result<u8> {
    Ok(3)
}

const RETRIES: u32 = 2;

#[step(retries = RETRIES, timeout = "20s", backoff = none)]
async fn third_time(run: &RunInfo) -> Result<u32> {
    if run.attempt() < 3 { Err(StepError::retryable("again")) } else { Ok(run.attempt()) }
}

#[tokio::test]
async fn every_shape_runs() {
    let app = app();
    let mut ctx = Moderation::default();
    assert_eq!(nothing().run(&mut (), &()).await.unwrap(), 1);
    assert_eq!(many(1, "b".into(), vec![2]).run(&mut (), &()).await.unwrap(), "1b[2]");
    assert_eq!(whole(Post("p".into())).run(&mut ctx, &app).await.unwrap(), 1);
    assert_eq!(parts("w".into()).run(&mut ctx, &app).await.unwrap(), "w 7 1");
    assert_eq!(ctx.notes, ["p", "w"]);
    assert_eq!(ctx.sources.0, ["w"]);
    // Any one type provides itself.
    assert_eq!(whole(Post("q".into())).run(&mut ctx, &()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_failed_attempt_leaves_no_trace() {
    let mut ctx = Moderation::default();
    assert_eq!(leaves_no_trace().run(&mut ctx, &()).await.unwrap(), 1);
    assert_eq!(ctx.notes, ["attempt 2"]);
    let mut ctx = Moderation::default();
    leaves_no_trace().retries(0).run(&mut ctx, &()).await.unwrap_err();
    assert_eq!(ctx, Moderation::default());
}

#[tokio::test]
async fn generic_steps_run() {
    assert_eq!(decode::<u8>("7".into()).run(&mut (), &()).await.unwrap(), 7);
    let text: String = decode("\"x\"".into()).run(&mut (), &()).await.unwrap();
    assert_eq!(text, "x");
    assert_eq!(window::<u8, 2>(vec![1, 2, 3]).run(&mut (), &()).await.unwrap(), [1, 2]);
}

#[tokio::test]
async fn options_hold() {
    own_error(false).run(&mut (), &()).await.unwrap();
    let error = own_error(true).run(&mut (), &()).await.unwrap_err();
    assert_eq!(error.to_string(), "own_error: mine");
    assert_eq!(dear("four".into()).run(&mut (), &()).await.unwrap(), 4);
    assert_eq!(next_even(2).run(&mut (), &()).await.unwrap(), 4);
    next_even(2).retries(0).run(&mut (), &()).await.unwrap_err();
    assert_eq!(odd_anyway().run(&mut (), &()).await.unwrap(), 3);
    assert_eq!(third_time().run(&mut (), &()).await.unwrap(), 3);
}

#[test]
fn facts_are_constants() {
    use flujo::step::StepInfo;
    const MANY: flujo::graph::Facts = <many as StepInfo>::FACTS;
    assert_eq!((MANY.name, MANY.version, MANY.doc), ("many", 2, "Joins."));
    assert_eq!(MANY.inputs, [("a", "u8"), ("b", "String"), ("c", "Vec<u8>")]);
    assert_eq!(MANY.options, [("version", "2")]);
    assert!(MANY.file.ends_with("steps_alone.rs"), "{}", MANY.file);
    assert_eq!(MANY.line, LINE + 3);
    let parts = <parts as StepInfo>::FACTS;
    assert_eq!((parts.reads, parts.writes), (&["Config"][..], &["Sources", "Vec<String>"][..]));
    assert_eq!(parts.resources, ["Db", "Mailer"]);
    assert_eq!(<third_time as StepInfo>::FACTS.retries, 2);
    assert_eq!(
        <third_time as StepInfo>::FACTS.options,
        [("retries", "RETRIES"), ("timeout", "20s"), ("backoff", "none")]
    );
    // Without the bounds of its parameters.
    assert_eq!(<decode as StepInfo>::FACTS.output, "T");
    assert_eq!(<window as StepInfo>::FACTS.name, "window");
}
