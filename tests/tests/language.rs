//! Every form of flow, run; every constant of a pipeline, exact.

#![allow(
    clippy::str_to_string,
    clippy::many_single_char_names,
    clippy::manual_let_else,
    clippy::manual_unwrap_or,
    clippy::manual_unwrap_or_default,
    clippy::multiple_bound_locations,
    clippy::unused_async,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "flow is written here in every way there is"
)]

use flujo::graph::{Bounds, NodeKind};
use flujo::prelude::*;
use flujo::step::RunIn;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub(crate) struct Label {
    pub(crate) confidence: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Risk {
    Low,
    Standard(u8),
    High { reason: String },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sources(pub Vec<String>);

#[context]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Moderation {
    pub(crate) threshold: usize,
    #[context(part)]
    pub(crate) sources: Sources,
    #[context(part, merge = sum)]
    pub(crate) seen: u64,
}

#[context]
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Desk {
    #[context(part)]
    pub(crate) moderation: Moderation,
    pub(crate) name: String,
}

pub(crate) struct Db(pub &'static str);
#[resources]
pub(crate) struct App {
    db: Db,
}

const APP: App = App { db: Db("db") };
const TRIES: u32 = 2;

mod steps {
    use super::*;

    /// Up to three times.
    #[step(retries = 2)]
    pub(crate) async fn flaky(text: String, run: &RunInfo) -> Result<String> {
        if run.attempt() < 3 { Err(StepError::retryable("not yet")) } else { Ok(text) }
    }

    #[step]
    pub(crate) async fn rate(post: Post) -> Result<Risk> {
        Ok(match post.text.len() {
            0 => Risk::Low,
            n @ 1..9 => Risk::Standard(u8::try_from(n)?),
            _ => Risk::High { reason: post.text },
        })
    }

    pub(crate) mod deep {
        use super::*;

        #[step]
        pub(crate) async fn shout(text: String) -> Result<String> {
            Ok(text.to_uppercase())
        }
    }

    #[step]
    pub(crate) async fn search(text: String, sources: &mut Sources, db: &Db) -> Result<String> {
        sources.0.push(format!("{}:{text}", db.0));
        Ok(text)
    }

    #[step]
    pub(crate) async fn count(n: u64, seen: &mut u64) -> Result<u64> {
        *seen += n;
        Ok(*seen)
    }

    #[step]
    pub(crate) async fn sources_of(#[ctx] sources: &Sources) -> Result<usize> {
        Ok(sources.0.len())
    }

    pub(crate) trait Suffix: Send + 'static {
        const SUFFIX: &'static str;
    }
    pub(crate) struct Html;
    impl Suffix for Html {
        const SUFFIX: &'static str = ".html";
    }

    #[step]
    pub(crate) async fn named<T: Suffix>(text: String) -> Result<String> {
        Ok(text + T::SUFFIX)
    }

    #[step]
    pub(crate) async fn same<T>(value: T) -> Result<T>
    where
        T: flujo::Durable,
    {
        Ok(value)
    }

    #[step]
    pub(crate) async fn find(text: String) -> Result<Option<String>> {
        Ok((!text.is_empty()).then_some(text))
    }

    #[step]
    pub(crate) async fn refuse(text: String) -> Result<String> {
        Err(StepError::fatal(format!("no {text}")))
    }

    #[step]
    pub(crate) async fn write_all(text: String, ctx: &mut Moderation) -> Result<String> {
        ctx.threshold += 1;
        Ok(text)
    }

    #[step(model = "test:none", retries = 1)]
    pub(crate) fn label(text: String) -> Prompt<Label> {
        Prompt::ask(text)
    }
}
use steps::deep::shout;
use steps::{Html, count, find, flaky, refuse, same, search as look_up};

#[step]
async fn keep(text: String) -> Result<String> {
    Ok(text)
}

async fn run<P>(call: flujo::StepCall<P>) -> std::result::Result<P::Output, String>
where
    P: flujo::Pipeline<Context = (), Resources = ()> + RunIn<(), ()>,
{
    call.run(&mut (), &()).await.map_err(|e| e.to_string())
}

// ---- values and bindings

pipeline! {
    /// Plain expressions need no wrapper; calls of paths do.
    fn values(post: Post) -> String {
        let Post { text } = post;
        let text = format!("<{text}>");
        let len = text.len() + 1;
        let pair = (len, [1, 2]);
        let (len, [_, second]) = pair;
        let some = value(Some(second));
        let number = if let Some(n) = some { n } else { 0 };
        let mut parts = vec![text, len.to_string(), number.to_string()];
        parts.reverse();
        let text = value({
            let mut sum = 0;
            for part in &parts {
                sum += part.len();
            }
            format!("{} {sum}", parts.join("|"))
        });
        keep(text)
    }
}

#[tokio::test]
async fn plain_expressions_are_values() {
    let out = run(values(Post { text: "a".into() })).await;
    assert_eq!(out.unwrap(), "2|4|<a> 5");
}

pipeline! {
    fn unit() -> () {
        let text = keep(String::from_utf8_lossy(b"x").into_owned());
        keep(text).named("again");
    }
}

pipeline! {
    fn shadows(text: String) -> String {
        let text = keep(text);
        let text = shout(text);
        { let text = keep(text).named("inner"); text }
    }
}

#[tokio::test]
async fn names_may_be_used_again() {
    run(unit()).await.unwrap();
    assert_eq!(run(shadows("a".into())).await.unwrap(), "A");
}

// ---- branches

pipeline! {
    fn branches(post: Post) -> String {
        let risk = steps::rate(post.clone());
        match risk {
            Risk::Low => keep(post.text),
            Risk::Standard(n) if n > 7 => fail(format!("{n} is a lot")),
            Risk::Standard(_) if post.text.starts_with('!') => {
                let loud = shout(post.text);
                flaky(loud)
            }
            Risk::Standard(n) => format!("standard {n}"),
            Risk::High { reason } => {
                if reason.len() > 20 {
                    "long".to_string()
                } else if let Some(rest) = reason.strip_prefix("pre ") && rest.len() > 2 {
                    keep(rest.to_string()).named("keep_rest")
                } else {
                    reason
                }
            }
        }
    }
}

#[tokio::test]
async fn every_branch_is_taken() {
    for (text, out) in [
        ("", Ok("")),
        ("abc", Ok("standard 3")),
        ("!abc", Ok("!ABC")),
        ("12345678", Err("branches: 8 is a lot")),
        ("0123456789", Ok("0123456789")),
        ("pre 0123456789", Ok("0123456789")),
        ("pre pre pre pre pre pre ", Ok("long")),
    ] {
        let got = run(branches(Post { text: text.into() })).await;
        assert_eq!(got.as_deref().map_err(String::as_str), out, "{text}");
    }
}

pipeline! {
    fn let_else(text: String) -> String {
        let Some(found) = find(text.clone()) else {
            let why = keep(format!("nothing in `{text}`")).named("why");
            fail(why)
        };
        let Some(first) = found.chars().next() else { fail("empty") };
        keep(first.to_string())
    }
}

#[tokio::test]
async fn let_else_ends_the_pipeline() {
    assert_eq!(run(let_else("xy".into())).await.unwrap(), "x");
    assert_eq!(run(let_else(String::new())).await.unwrap_err(), "let_else: nothing in ``");
}

// ---- calls and options

pipeline! {
    fn piped(text: String) -> String {
        text >> shout >> flaky.retries(TRIES) >> steps::named::<Html> >> keep.timeout("20s").named("kept")
    }
}

pipeline! {
    fn options(text: String) -> String {
        let failed = refuse(text.clone()).settle();
        let seen = if let Err(failure) = failed { failure.to_string() } else { "fine".to_string() };
        let text = refuse(text).named("refuse_again").fallback(shout).validate(Long);
        let checked = keep(text).validate((Long, Long)).strict(false).backoff(none);
        let generic = same(checked);
        value(format!("{generic} / {seen}"))
    }
}

struct Long;
impl Validator<String> for Long {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() > 100 { ValidationResult::valid() } else { ValidationResult::invalid("too short") }
    }
}

#[tokio::test]
async fn options_are_methods_of_the_call() {
    assert_eq!(run(piped("a".into())).await.unwrap(), "A.html");
    let out = run(options("a".into())).await.unwrap();
    assert!(out.starts_with("A / ") && out.contains("refuse") && out.contains("no a"), "{out}");
}

// ---- context and resources

pipeline! {
    fn reads(text: String, ctx: &mut Moderation, app: &App) -> String {
        let text = if ctx.threshold > 2 { look_up(format!("{text} {}", ctx.threshold)) } else { text };
        steps::write_all(text.clone());
        let n = steps::sources_of();
        match ctx.seen {
            0 => count(7),
            seen => seen,
        };
        value(format!("{text} {n} {} {ctx:?}", ctx.seen))
    }
}

#[tokio::test]
async fn the_context_is_readable_and_steps_write_it() {
    let mut ctx = Moderation { threshold: 3, ..Moderation::default() };
    let out = reads("a".into()).run(&mut ctx, &APP).await.unwrap();
    assert!(out.starts_with("a 3 1 7 Moderation { threshold: 4"), "{out}");
    assert_eq!(ctx, Moderation { threshold: 4, sources: Sources(vec!["db:a 3".into()]), seen: 7 });
}

pipeline! {
    /// The caller's context has this one's as a part.
    fn desk(text: String, ctx: &mut Desk, app: &App) -> String {
        let text = reads(text);
        let n = counted(ctx.name.clone());
        value(format!("{text} {n}"))
    }
}

pipeline! {
    fn counted(text: String, #[ctx] part: &Moderation) -> u64 {
        let n = steps::sources_of();
        value(part.seen + u64::try_from(n + text.len()).unwrap_or(0))
    }
}

#[tokio::test]
async fn a_pipeline_runs_on_a_part_of_the_callers_context() {
    let mut ctx = Desk { name: "desk".into(), ..Desk::default() };
    ctx.moderation.threshold = 9;
    let out = desk("a".into()).run(&mut ctx, &APP).await.unwrap();
    assert!(out.ends_with(" 12"), "{out}");
    assert_eq!(ctx.moderation.threshold, 10);
}

// ---- join

pipeline! {
    fn joined(text: String, ctx: &mut Moderation, app: &App) -> String {
        let prefix = text.to_uppercase();
        let (a, b, n) = join(
            look_up(text.clone()),
            {
                let n = count(2);
                let text = keep(format!("{prefix}{n}{}", ctx.seen));
                text >> shout
            },
            || match prefix.len() {
                0 => count(5).named("count_five"),
                _ => count(3).named("count_three"),
            },
        );
        let (nested, c) = join(
            {
                let (x, y) = join(keep(a.clone()).named("x"), keep(b.clone()).named("y"));
                value(x + &y)
            },
            { let z = keep(a.clone()).named("z"); z },
        );
        value(format!("{nested} {c} {n} {}", ctx.seen))
    }
}

pipeline! {
    fn settled(text: String) -> String {
        let (good, bad) = join(keep(text.clone()), refuse(text)).settle().named("both");
        let bad = match bad {
            Ok(text) => text,
            Err(failure) => failure.to_string(),
        };
        let good = if let Ok(text) = good { text } else { fail("good failed") };
        value(format!("{good}, {bad}"))
    }
}

#[tokio::test]
async fn arms_run_side_by_side_on_forks() {
    let mut ctx = Moderation::default();
    let out = joined("a".into()).run(&mut ctx, &APP).await.unwrap();
    assert_eq!(out, "aA22 a 3 5");
    assert_eq!(ctx.seen, 5);
    let out = run(settled("a".into())).await.unwrap();
    assert!(out.starts_with("a, ") && out.contains("no a"), "{out}");
}

#[test]
fn joins_have_names_that_stay() {
    let joins = |graph: &flujo::graph::Graph| -> Vec<&'static str> {
        graph.nodes.iter().filter(|n| n.kind == NodeKind::Join).map(|n| n.id).collect()
    };
    assert_eq!(joins(joined::GRAPH), ["join:look_up", "join:x", "join:y"]);
    assert_eq!(joins(settled::GRAPH), ["both"]);
}

// ---- questions

pipeline! {
    #[pipeline(name = "human_review")]
    fn asks(text: String) -> String {
        let label: Label = ask("Sarcastic?").showing(&text).timeout("2h", Label { confidence: 0.5 });
        let again: Label = ask(format!("Sure about {}?", label.confidence)).named("sure");
        value(format!("{} {}", label.confidence, again.confidence))
    }
}

#[tokio::test]
async fn a_question_needs_a_run_that_can_wait() {
    let error = run(asks("a".into())).await.unwrap_err();
    assert!(error.contains("label"), "{error}");
    let ids: Vec<_> = asks::GRAPH.nodes.iter().map(|n| (n.id, n.kind, n.reply.is_some())).collect();
    assert_eq!(ids, [("label", NodeKind::Ask, true), ("sure", NodeKind::Ask, true)]);
    assert_eq!(asks::GRAPH.name, "human_review");
}

// ---- where steps come from

macro_rules! twice {
    ($name:ident, $step:path, $ctx:ident) => {
        pipeline! {
            fn $name(text: String, $ctx: &mut Moderation) -> String {
                let text = $step(text);
                let n = $ctx.seen;
                $step(format!("{text}{n}{}", $ctx.threshold)).named("second")
            }
        }
    };
}
twice!(kept_twice, keep, context);

macro_rules! fixed {
    ($name:ident) => {
        pipeline! {
            fn $name(text: String, ctx: &mut Moderation) -> String {
                let kept = keep(text);
                steps::write_all(format!("{kept}{}", ctx.threshold))
            }
        }
    };
}
fixed!(kept_once);

#[tokio::test]
async fn macros_write_pipelines() {
    let mut ctx = Moderation::default();
    assert_eq!(kept_twice("a".into()).run(&mut ctx, &()).await.unwrap(), "a00");
    assert_eq!(kept_once("a".into()).run(&mut ctx, &()).await.unwrap(), "a0");
}

#[tokio::test]
async fn steps_and_pipelines_may_be_local() {
    #[step]
    async fn local(text: String) -> Result<String> {
        Ok(text + "!")
    }
    const AGAIN: u32 = 1;
    pipeline! {
        fn local_pipeline(text: String) -> String {
            text >> local.retries(AGAIN) >> shout
        }
    }
    assert_eq!(run(local_pipeline("a".into())).await.unwrap(), "A!");
    assert_eq!(local_pipeline::BOUNDS.step_runs, Some(3));
}

pub(crate) mod elsewhere {
    flujo::pipeline! {
        /// Called by its path.
        pub(crate) fn publish(text: String) -> String {
            super::shout(text)
        }
    }
}

pipeline! {
    fn calls_elsewhere(text: String) -> String {
        let text = self::elsewhere::publish(text);
        let text = crate::keep(text);
        r#type(text)
    }
}

#[step]
async fn r#type(text: String) -> Result<String> {
    Ok(text + ".")
}

#[tokio::test]
async fn paths_of_all_kinds_are_called() {
    assert_eq!(run(calls_elsewhere("a".into())).await.unwrap(), "A.");
    let ids: Vec<_> = calls_elsewhere::GRAPH.walk().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        ids,
        [
            "calls_elsewhere/publish",
            "calls_elsewhere/publish/shout",
            "calls_elsewhere/keep",
            "calls_elsewhere/type"
        ]
    );
}

// ---- long bodies

pipeline! {
    fn long(text: String, ctx: &mut Moderation) -> String {
        let first = text.clone();
        let t = keep(text);
        let t = keep(t).named("a01"); let t = keep(t).named("a02"); let t = keep(t).named("a03");
        let t = keep(t).named("a04"); let t = keep(t).named("a05"); let t = keep(t).named("a06");
        let t = keep(t).named("a07"); let t = keep(t).named("a08"); let t = keep(t).named("a09");
        let t = keep(t).named("a10"); let t = keep(t).named("a11"); let t = keep(t).named("a12");
        let kept = t.clone();
        let t = keep(t).named("a13"); let t = keep(t).named("a14"); let t = keep(t).named("a15");
        let t = keep(t).named("a16"); let t = keep(t).named("a17"); let t = keep(t).named("a18");
        let t = keep(t).named("a19"); let t = keep(t).named("a20"); let t = keep(t).named("a21");
        let t = keep(t).named("a22"); let t = keep(t).named("a23"); let t = keep(t).named("a24");
        let t = keep(t).named("a25"); let t = keep(t).named("a26"); let t = keep(t).named("a27");
        steps::write_all(t.clone());
        let Some(c) = first.chars().next() else { fail("empty") };
        let t = t >> keep.named("b01") >> keep.named("b02") >> keep.named("b03") >> keep.named("b04")
            >> keep.named("b05") >> keep.named("b06") >> keep.named("b07") >> keep.named("b08")
            >> keep.named("b09") >> keep.named("b10") >> keep.named("b11") >> keep.named("b12")
            >> keep.named("b13") >> keep.named("b14") >> keep.named("b15") >> keep.named("b16")
            >> keep.named("b17") >> keep.named("b18") >> keep.named("b19") >> keep.named("b20")
            >> keep.named("b21") >> keep.named("b22") >> keep.named("b23") >> keep.named("b24")
            >> keep.named("b25") >> keep.named("b26");
        let t = keep(t).named("c01"); let t = keep(t).named("c02"); let t = keep(t).named("c03");
        value(format!("{first}{c}{kept}{t}{}", ctx.threshold))
    }
}

#[tokio::test]
async fn a_body_may_be_long() {
    let mut ctx = Moderation::default();
    assert_eq!(long("a".into()).run(&mut ctx, &()).await.unwrap(), "aaaa1");
    assert_eq!(long(String::new()).run(&mut ctx, &()).await.unwrap_err().to_string(), "long: empty");
    assert_eq!(long::BOUNDS.step_runs, Some(58));
}

// ---- constants

const fn bounds(step_runs: u64, model_calls: u64, questions: u64) -> Bounds {
    Bounds { step_runs: Some(step_runs), model_calls: Some(model_calls), questions: Some(questions) }
}

pipeline! {
    fn models(text: String) -> String {
        let first = steps::label(text.clone());
        let second = steps::label(text.clone()).retries(const { 2 + 1 }).named("again");
        let third = if first.confidence > second.confidence {
            steps::label(text).retries(0).named("third")
        } else {
            let asked: Label = ask("which?");
            asked
        };
        keep(third.confidence.to_string()).retries(TRIES).fallback(flaky)
    }
}

pipeline! {
    fn unknown(text: String, tries: u32) -> String {
        keep(text).retries(tries)
    }
}

pipeline! {
    fn nested(text: String) -> String {
        let text = models(text).retries(1);
        joined_alone(text)
    }
}

pipeline! {
    fn joined_alone(text: String) -> String {
        let (a, b) = join(keep(text.clone()), flaky(text));
        value(a + &b)
    }
}

const _: () = assert!(models::BOUNDS.model_calls_at_most(7));
const _: () =
    assert!(!unknown::BOUNDS.step_runs_at_most(1_000_000) && unknown::BOUNDS.model_calls_at_most(0));

#[test]
fn bounds_are_the_worst_case() {
    // a sequence adds up, a branch takes the larger side part by part, a fallback adds its own
    // attempts: it is one call, with the retries of its attribute
    assert_eq!(models::BOUNDS, bounds(2 + 4 + 1 + 3 + 3, 2 + 4 + 1, 1));
    assert_eq!(unknown::BOUNDS, Bounds { step_runs: None, ..bounds(0, 0, 0) });
    assert_eq!(joined_alone::BOUNDS, bounds(4, 0, 0));
    assert_eq!(nested::BOUNDS, bounds(2 * 13 + 4, 2 * 7, 2));
    assert_eq!(values::BOUNDS, bounds(1, 0, 0));
    assert_eq!(branches::BOUNDS, bounds(1 + 1 + 3, 0, 0));
    assert_eq!(let_else::BOUNDS, bounds(1 + 1 + 1, 0, 0));
}

#[test]
fn the_graph_is_data() {
    let graph = branches::GRAPH;
    assert_eq!(
        (graph.name, graph.output, graph.context, graph.resources),
        ("branches", "String", "()", "()")
    );
    assert_eq!(graph.inputs, [("post", "Post")]);
    assert!(graph.file.ends_with("language.rs") && graph.line > 100);
    let nodes: Vec<_> = graph.nodes.iter().map(|n| (n.id, n.kind, n.depth)).collect();
    assert_eq!(
        nodes,
        [
            ("rate", NodeKind::Step, 0),
            ("match risk", NodeKind::Branch, 0),
            ("keep", NodeKind::Step, 1),
            ("fail", NodeKind::Fail, 1),
            ("shout", NodeKind::Step, 1),
            ("flaky", NodeKind::Step, 1),
            ("if reason.len() > 20", NodeKind::Branch, 1),
            ("if let Some(rest) = reason.strip_prefix(\"pre \") && rest.len() > 2", NodeKind::Branch, 2),
            ("keep_rest", NodeKind::Step, 3),
        ]
    );
    let lines: Vec<u32> = graph.nodes.iter().map(|n| n.line - graph.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 6, 7, 11, 13, 14]);
    let edges: Vec<_> = graph.edges.iter().map(|e| (e.from, e.to, e.label)).collect();
    assert_eq!(
        edges,
        [
            (None, Some(0), ""),
            (Some(0), Some(1), ""),
            (Some(1), Some(2), "Risk::Low"),
            (Some(1), Some(3), "Risk::Standard(n) if n > 7"),
            (Some(1), Some(4), "Risk::Standard(_) if post.text.starts_with('!')"),
            (Some(4), Some(5), ""),
            (Some(1), Some(6), "Risk::High { reason }"),
            (Some(6), Some(7), "else"),
            (Some(7), Some(8), "let Some(rest) = reason.strip_prefix(\"pre \") && rest.len() > 2"),
            (Some(2), None, ""),
            (Some(5), None, ""),
            (Some(1), None, "Risk::Standard(n)"),
            (Some(6), None, "reason.len() > 20"),
            (Some(8), None, ""),
            (Some(7), None, "else"),
        ]
    );
}

#[test]
fn nodes_know_their_options_and_callees() {
    let of = |id: &str| options::GRAPH.nodes.iter().find(|n| n.id == id).unwrap();
    assert_eq!(of("refuse").options, [("settle", "")]);
    assert_eq!(of("refuse_again").options, [("fallback", "shout"), ("validate", "Long")]);
    assert_eq!(of("keep").options, [("validate", "(Long, Long)"), ("strict", "false"), ("backoff", "none")]);
    assert_eq!(of("refuse_again").facts.name, "refuse");
    let reads = reads::GRAPH;
    assert_eq!((reads.context, reads.resources), ("Moderation", "App"));
    let search = reads.nodes.iter().find(|n| n.id == "look_up").unwrap();
    assert_eq!(
        (search.facts.name, search.facts.writes, search.facts.resources),
        ("search", &["Sources"][..], &["Db"][..])
    );
    let inner = desk::GRAPH.nodes.iter().find(|n| n.id == "counted").unwrap();
    assert_eq!(inner.kind, NodeKind::Pipeline);
    assert_eq!((inner.facts.reads, inner.facts.writes), (&["Moderation"][..], &[][..]));
}

mod other {
    use super::*;
    pipeline! {
        /// The same flow as the other one, documented and laid out otherwise.
        fn piped(
            text: String,
        ) -> String {
            text
                >> shout
                >> flaky.retries(1)
                >> steps::named::<Html>
                >> keep.named("kept")
        }
    }
    pub(super) const FINGERPRINT: u128 = piped::FINGERPRINT;
}

#[test]
fn a_fingerprint_is_of_what_records_depend_on() {
    assert_eq!(piped::FINGERPRINT, other::FINGERPRINT);
    let all = [
        values::FINGERPRINT,
        branches::FINGERPRINT,
        piped::FINGERPRINT,
        options::FINGERPRINT,
        joined::FINGERPRINT,
    ];
    for (i, a) in all.iter().enumerate() {
        assert!(all.iter().skip(i + 1).all(|b| a != b));
    }
}

/// A fallback that the attribute names counts like one that the call names.
mod attribute_fallback {
    use flujo::prelude::*;
    use flujo::step::WritesIn;

    #[context]
    #[derive(Default)]
    pub struct State {
        #[context(part, merge = append)]
        pub log: Vec<String>,
        #[context(part)]
        pub draft: String,
    }

    #[step(retries = 1)]
    pub async fn cheap(text: String, draft: &mut String) -> Result<String> {
        draft.push_str(&text);
        Ok(text)
    }

    #[step(retries = 2, backoff = none, fallback = cheap)]
    pub async fn dear(text: String, log: &mut Vec<String>) -> Result<String> {
        log.push(text);
        Err(StepError::fatal("too dear"))
    }

    pipeline! {
        pub fn answer(text: String, ctx: &mut State) -> String {
            dear(text)
        }
    }

    #[test]
    fn counts() {
        // Three attempts of the step, two of its fallback.
        assert_eq!(answer::BOUNDS.step_runs, Some(5));
        // The draft is written by the fallback alone.
        assert_eq!(<answer as WritesIn<State>>::MASK, 0b11);
    }
}
