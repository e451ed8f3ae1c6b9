//! What `GRAPH.validate()` finds, each rule with a pipeline that breaks it and one that does not.

#![allow(
    unused_variables,
    unused_assignments,
    reason = "rustc finds some of it too, and has to keep quiet here"
)]

use flujo::prelude::*;
use std::time::SystemTime;

#[step(model = "openai:gpt-4o-mini", timeout = "30s", max_tokens = 100)]
fn careful(text: String) -> Prompt<String> {
    Prompt::system("Shorten it.").user(text)
}

#[step(model = "anthropic:claude", timeout = "30s", max_tokens = 100)]
fn other(text: String) -> Prompt<String> {
    Prompt::system("Shorten it.").user(text)
}

#[step(model = "openai:gpt-4o-mini")]
fn careless(text: String) -> Prompt<String> {
    Prompt::system("Shorten it.").user(text)
}

#[step(model = "ollama:llama3", timeout = "30s")]
fn local(text: String) -> Prompt<String> {
    Prompt::system("Shorten it.").user(text)
}

#[step(model = "openai:gpt-4o-mini", timeout = "30s", max_tokens = 100, fallback = careful)]
fn falls(text: String) -> Prompt<String> {
    Prompt::system("Shorten it.").user(text)
}

#[step]
async fn note(text: String) -> Result<usize> {
    Ok(text.len())
}

#[step]
async fn tell(_text: String) -> Result<()> {
    Ok(())
}

#[step]
async fn grow(text: String) -> Result<String> {
    Ok(text + "!")
}

pipeline! {
    fn asks_inside(text: String) -> String {
        let reply: String = ask(text);
        value(reply)
    }
}

pipeline! {
    fn clean(text: String) -> String {
        tell(text.clone());
        let _ = note(text.clone());
        let _length = note(text.clone()).named("meant");
        let _typed: usize = note(text.clone()).named("typed");
        let length = note(text.clone()).named("shown");
        let known = note(text.clone()).named("known");
        let text = if known > 0 { careful(format!("{text} {length}")).fallback(other) } else { text };
        let text = local(text).named("b");
        let text = careless(text).timeout("10s").max_tokens(50);
        let text = repeat(text, |text| grow(text)).until(|text| text.len() > 3).max(3).or_last();
        let replies = map(vec![text], |text| {
            let reply: String = ask(text).timeout("1h", "none".to_owned());
            value(reply)
        });
        asks_inside(replies.join(" "))
    }
}

pipeline! {
    fn dirty(text: String) -> String {
        let at = value(SystemTime::now());
        note(format!("{text} {at:?}"));
        // Bound again before anybody reads it; read only by the closure's own name; never read at all.
        let length = note(text.clone()).named("shadowed");
        let length = value(text.len());
        let n: usize = note(text.clone()).named("closure");
        let more = text.clone() >> grow.named("piped") >> note.named("last");
        let text = repeat(text, |n| grow(n).named("longer")).until(|n| n.len() > length).max(3).or_last();
        let text = careless(text);
        let text = falls(text).named("again");
        let text = careful(text).fallback(careful).named("same");
        let text = repeat(text, |text| grow(text)).until(|_| false).max(3).or_last();
        let replies = map(vec![text], |text| {
            let reply: String = ask(text);
            value(reply)
        });
        let more = map(replies, |text| asks_inside(text));
        value(more.join(" "))
    }
}

#[test]
fn a_careful_pipeline_has_no_findings() {
    assert_eq!(clean::GRAPH.validate().to_string(), "");
    assert!(clean::GRAPH.validate().is_clean());
}

pipeline! {
    fn prints(text: String) -> usize {
        println!("{text}");
        note(text)
    }
}

#[test]
fn a_print_outside_of_a_step_prints_again() {
    let report = prints::GRAPH.validate();
    let [found] = &report.findings[..] else { panic!("one finding: {report}") };
    assert_eq!((found.rule, found.node.as_str()), ("impure-expression", "prints"));
    assert_eq!(found.message, "`println!` prints again when the run is resumed; print in a step");
}

#[test]
fn every_rule_names_its_node_and_line() {
    let report = dirty::GRAPH.validate();
    let found: Vec<_> = report.findings.iter().map(|f| (f.rule, f.node.as_str())).collect();
    assert_eq!(
        found,
        [
            ("impure-expression", "dirty"),
            ("unused-output", "dirty/note"),
            ("unused-output", "dirty/shadowed"),
            ("unused-output", "dirty/closure"),
            ("unused-output", "dirty/last"),
            ("model-without-timeout", "dirty/careless"),
            ("model-without-max-tokens", "dirty/careless"),
            ("fallback-same-model", "dirty/again"),
            ("fallback-same-model", "dirty/same"),
            ("blind-condition", "dirty/repeat"),
            ("question-in-map", "dirty/reply"),
            ("question-in-map", "dirty/asks_inside/reply"),
        ]
    );
    let first = &report.findings[0];
    assert_eq!(first.line, dirty::GRAPH.line + 1);
    assert_eq!(
        first.to_string(),
        format!(
            "warning[impure-expression]: dirty: `SystemTime::now` gives something else when the run is resumed; \
             ask a step for it (tests/tests/language/graphs/reports.rs:{})",
            first.line
        )
    );
    assert_eq!(
        report.findings[1].to_string().split(" (").next().unwrap(),
        "hint[unused-output]: dirty/note: its output, a `usize`, is not used; write `let _ = ..` if that is meant"
    );
    assert_eq!(report.to_string().lines().count(), 12);
}

#[step]
async fn last_resort(text: String) -> Result<String> {
    Ok(text)
}
#[step(fallback = last_resort)]
async fn second(text: String) -> Result<String> {
    Ok(text)
}
#[step(fallback = second)]
async fn first(text: String) -> Result<String> {
    Ok(text)
}
pipeline! {
    fn chained(text: String) -> String {
        let text = first(text);
        let text = last_resort(text).redirect(second).named("redirected");
        second(text)
    }
}

#[test]
fn what_stands_in_for_a_step_stands_at_the_end() {
    let report = chained::GRAPH.validate();
    let found: Vec<_> =
        report.findings.iter().map(|f| (f.rule, f.node.as_str(), f.message.as_str())).collect();
    let said = |word: &str| {
        format!("its {word} `second` stands at the end: the fallback of that, `last_resort`, is not asked")
    };
    assert_eq!(
        found,
        [
            ("fallback-of-fallback", "chained/first", said("fallback").as_str()),
            ("fallback-of-fallback", "chained/redirected", said("redirect").as_str()),
        ]
    );
}

#[step(fallback = last_resort)]
async fn look_up(text: String) -> Result<String> {
    Ok(text)
}

#[step(model = "openai:gpt-4o-mini", timeout = "30s", max_tokens = 100, tools = [look_up])]
fn research(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn talking(text: String) -> String { research(text) }
}

#[test]
fn a_fallback_that_a_models_call_does_not_use_is_found() {
    let report = talking::GRAPH.validate();
    let found: Vec<_> =
        report.findings.iter().map(|f| (f.rule, f.node.as_str(), f.message.as_str())).collect();
    let message = "its tool `look_up` has the fallback `last_resort`, which a model's call does not use: the failure goes \
                   to the model";
    assert_eq!(found, [("fallback-of-a-tool", "talking/research", message)]);
}
