//! Flow: values, branches, calls, contexts, arms, questions.

use super::*;

// ---- values and bindings

pipeline! {
    /// Plain expressions need no wrapper; calls of paths do.
    pub(crate) fn values(post: Post) -> String {
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
    pub(crate) fn unit() -> () {
        let text = keep(String::from_utf8_lossy(b"x").into_owned());
        keep(text).named("again");
    }
}

pipeline! {
    pub(crate) fn shadows(text: String) -> String {
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
    pub(crate) fn branches(post: Post) -> String {
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
    pub(crate) fn let_else(text: String) -> String {
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
    pub(crate) fn piped(text: String) -> String {
        text >> shout >> flaky.retries(TRIES) >> steps::named::<Html> >> keep.timeout("20s").named("kept")
    }
}

pipeline! {
    pub(crate) fn options(text: String) -> String {
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
    pub(crate) fn reads(text: String, ctx: &mut Moderation, app: &App) -> String {
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
    pub(crate) fn desk(text: String, ctx: &mut Desk, app: &App) -> String {
        let text = reads(text);
        let n = counted(ctx.name.clone());
        value(format!("{text} {n}"))
    }
}

pipeline! {
    pub(crate) fn counted(text: String, #[ctx] part: &Moderation) -> u64 {
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
    pub(crate) fn joined(text: String, ctx: &mut Moderation, app: &App) -> String {
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
    pub(crate) fn settled(text: String) -> String {
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
    pub(crate) fn asks(text: String) -> String {
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
