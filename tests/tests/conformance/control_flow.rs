//! Branches, shadowing, `fail`, `>>`, nested pipelines.

use flujo::prelude::*;
use flujo_tests::world::*;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Risk {
    Low,
    High { score: u8 },
    Unknown,
}

pipeline! {
    pub fn route(risk: Risk, ctx: &mut State, world: &World) -> String {
        match risk {
            Risk::Low => "nothing to do".to_owned(),
            Risk::High { score } if score > 90 => {
                let text = write(format!("severe {score}"));
                add(text)
            }
            Risk::High { score } => add(format!("high {score}")).named("add_high"),
            Risk::Unknown => fail("cannot tell the risk"),
        }
    }
}

#[test]
fn match_enters_one_arm() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(route(Risk::Low)).await.into_output().unwrap(), "nothing to do");
        assert_eq!(calls.len(), 0);
        let result = flujo.run(route(Risk::High { score: 95 })).await;
        assert_eq!(result.context.log, ["severe 95"]);
        assert_eq!(result.into_output().unwrap(), "severe 95");
        let result = flujo.run(route(Risk::High { score: 5 })).await;
        let paths: Vec<_> = result.steps.iter().map(|s| s.path().to_string()).collect();
        assert_eq!(paths, ["route/add_high"]);
    });
}

#[test]
fn fail_ends_the_pipeline_with_its_message() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let error = flujo.run(route(Risk::Unknown)).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "route: cannot tell the risk");
    });
}

pipeline! {
    fn conditions(n: u64, found: Option<String>, ctx: &mut State, world: &World) -> String {
        let total = count(n);
        let Some(found) = found else { fail(format!("nothing found, total {total}")) };
        let size = if ctx.total > 10 {
            "big"
        } else if let Some(first) = found.chars().next() && first == 'x' {
            let x = echo("x marks the spot".to_owned());
            add(x);
            "marked"
        } else {
            "small"
        };
        let found = add(format!("{found} {size}")).named("add_last");
        found
    }
}

#[test]
fn if_reads_the_context_and_let_else_fails() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let run =
            async |n: u64, found: Option<&str>| flujo.run(conditions(n, found.map(str::to_owned))).await;
        assert_eq!(run(11, Some("a")).await.into_output().unwrap(), "a big");
        assert_eq!(run(1, Some("a")).await.into_output().unwrap(), "a small");
        let marked = run(1, Some("xy")).await;
        assert_eq!(marked.context.log, ["x marks the spot", "xy marked"]);
        let error = run(1, None).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "conditions: nothing found, total 1");
    });
}

pipeline! {
    /// A pipeline whose context is a part of its caller's.
    pub fn drafting(text: String, draft: &mut Outer, world: &World) -> String {
        text >> echo >> note_outer.named("noted")
    }
}

#[context]
#[derive(Debug, PartialEq, Default)]
pub struct Outer {
    pub n: u32,
    #[context(part, merge = append)]
    pub log: Vec<String>,
}

/// A context that contains another.
#[context]
#[derive(Debug, PartialEq, Default)]
pub struct Desk {
    #[context(part)]
    pub outer: Outer,
    #[context(part, merge = sum)]
    pub seen: u64,
}

#[step]
async fn note_outer(text: String, outer: &mut Outer, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    outer.n += 1;
    outer.log.push(text.clone());
    Ok(text)
}

pipeline! {
    fn desk(text: String, ctx: &mut Desk, world: &World) -> String {
        let text = drafting(text);
        let seen = count(2);
        let text = drafting(format!("{text} {seen} {}", ctx.outer.n)).named("again");
        text
    }
}

#[test]
fn a_nested_pipeline_works_on_a_part_of_the_context() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(desk("a".into())).id("r").await;
        let outer = Outer { n: 2, log: vec!["a".into(), "a 2 1".into()] };
        assert_eq!(result.context, Desk { outer, seen: 2 });
        let paths: Vec<_> = result.steps.iter().map(|s| s.path().to_string()).collect();
        assert_eq!(
            paths,
            [
                "desk/drafting/echo",
                "desk/drafting/noted",
                "desk/count",
                "desk/again/echo",
                "desk/again/noted"
            ]
        );
        assert_eq!(result.into_output().unwrap(), "a 2 1");
        // Records name the parts of the context that the step itself was given.
        let view = flujo.inspect("r").await.unwrap();
        let parts: Vec<_> = view.records[1].parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(parts, ["log", "(rest)"]);
    });
}

pipeline! {
    fn inner_fails(text: String, ctx: &mut State, world: &World) -> String {
        let text = echo(text);
        broken(text)
    }
}
pipeline! {
    fn outer_fails(text: String, ctx: &mut State, world: &World) -> String {
        let text = inner_fails(text);
        echo(text)
    }
}

#[test]
fn a_failed_sub_pipeline_is_a_failure() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let error = flujo.run(outer_fails("x".into())).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), "outer_fails/inner_fails/broken: broken by x");
        assert_eq!(calls.of("outer_fails/echo"), 0);
    });
}

#[test]
fn retries_of_a_pipeline_call_restart_at_the_failed_node() {
    pipeline! {
        fn inner(text: String, ctx: &mut State, world: &World) -> u32 {
            // Read again at each restart, and the same each time.
            add(format!("{text}{}", ctx.log.len()));
            flaky(2).retries(0)
        }
    }
    pipeline! {
        fn restarting(text: String, ctx: &mut State, world: &World) -> u32 {
            inner(text).retries(2)
        }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(restarting("x".into())).await;
        assert_eq!(calls.of("restarting/inner/add"), 1);
        assert_eq!(calls.of("restarting/inner/flaky"), 3);
        assert_eq!(result.context.log, ["x0", "attempt 3"]);
        assert_eq!(result.into_output().unwrap(), 3);
    });
}

#[step]
async fn parse<T: flujo::Durable + std::str::FromStr>(text: String) -> Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    Ok(text.parse()?)
}

#[test]
fn steps_may_be_generic() {
    pipeline! {
        fn parsing(text: String) -> (u8, i64) {
            let small: u8 = parse(text.clone());
            let large = parse::<i64>(text).named("large");
            (small, large)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        assert_eq!(flujo.run(parsing("7".into())).await.into_output().unwrap(), (7, 7));
    });
}
