//! Kills every pipeline around every single command, on every engine, and resumes it: same result, same
//! context, same usage, same records, and nothing that was finished runs again.

use crate::engines::{AnyEngine, NAMES, fresh};
use crate::with_engine;
use crate::world::{Calls, Prices, Scripted, World, charge_of, finished};
use flujo::engine::{Kind, RunId, UsageFilter};
use flujo::prelude::*;
use flujo::run::Control;
use flujo::step::{RunIn, StepCall};
use flujo::{Pipeline, Usage};
use flujo_testing::{Crash, Moment};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

/// Everything that must come out the same.
#[derive(Clone, Debug, PartialEq)]
struct Story {
    outcome: String,
    context: String,
    usage: Usage,
    records: Vec<(String, u32, String)>,
}

/// What the test is told about one form.
pub struct Scenario<'a, P: Pipeline> {
    pub form: &'static str,
    pub call: &'a dyn Fn() -> StepCall<P>,
    /// What a person replies, by path.
    pub replies: &'a [(&'static str, &'static str)],
    /// Nodes that a failing sibling may cut off before they end: whether they are recorded depends on who
    /// is faster, which a replay changes.
    pub cut_off: &'a [&'static str],
}

/// Kills per form and engine.
pub type Kills = BTreeMap<(&'static str, &'static str), usize>;

fn build(
    engine: &AnyEngine,
    calls: &Calls,
    model: &Scripted,
    crash: Option<(usize, Moment)>,
) -> (Flujo<World>, Box<dyn Fn() -> Option<String>>) {
    let builder =
        Flujo::builder().resources(World { calls: calls.clone() }).models(model.clone()).prices(Prices);
    with_engine!(engine, e => match crash {
        Some((at, moment)) => {
            let crash = Arc::new(Crash::new(e.clone(), at, moment));
            let struck = crash.clone();
            (builder.engine(crash).build().unwrap(), Box::new(move || struck.struck()))
        }
        None => (builder.engine(e.clone()).build().unwrap(), Box::new(|| None)),
    })
}

/// Goes on until the run has ended, answering what is asked.
async fn finish<P>(flujo: &Flujo<World>, scenario: &Scenario<'_, P>) -> Story
where
    P: Pipeline + RunIn<P::Context, World>,
    P::Context: Default + Debug,
    P::Output: Debug,
{
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 20, "{}: the run does not come to an end", scenario.form);
        let view = flujo.inspect("run").await.unwrap();
        let mut resume = flujo.resume::<P>("run");
        for question in &view.questions {
            let path = question.path.as_str();
            let (_, reply) = scenario.replies.iter().find(|(p, _)| *p == path).expect("a scripted reply");
            let reply: serde_json::Value = serde_json::from_str(reply).unwrap();
            resume = resume.reply_to(path, reply);
        }
        let result = resume.await.unwrap();
        let outcome = match &result.outcome {
            Outcome::Paused(_) => continue,
            Outcome::Failed(e) if matches!(e.kind(), flujo::ErrorKind::Interrupted) => continue,
            Outcome::Failed(e) => format!("failed: {e}"),
            other => format!("{other:?}"),
        };
        let view = flujo.inspect("run").await.unwrap();
        let context = format!("{:?}", result.context);
        return Story { outcome, context, usage: result.usage, records: finished(&view) };
    }
}

async fn undisturbed<P>(engine: &AnyEngine, scenario: &Scenario<'_, P>) -> Story
where
    P: Pipeline + RunIn<P::Context, World>,
    P::Context: Default + Debug,
    P::Output: Debug,
{
    let (flujo, _) = build(engine, &Calls::default(), &Scripted::default(), None);
    let result = flujo.run((scenario.call)()).id("run").await;
    match result.outcome {
        Outcome::Failed(e) => {
            let view = flujo.inspect("run").await.unwrap();
            let context = format!("{:?}", result.context);
            Story { outcome: format!("failed: {e}"), context, usage: result.usage, records: finished(&view) }
        }
        _ => finish(&flujo, scenario).await,
    }
}

/// A run that was failed when it was killed is not to be resumed past its failure: it is looked at as it is.
async fn settle<P>(flujo: &Flujo<World>, scenario: &Scenario<'_, P>) -> Story
where
    P: Pipeline + RunIn<P::Context, World>,
    P::Context: Default + Debug,
    P::Output: Debug,
{
    let attached = flujo.run((scenario.call)()).id("run").await;
    let interrupted =
        matches!(&attached.outcome, Outcome::Failed(e) if matches!(e.kind(), flujo::ErrorKind::Interrupted));
    if !interrupted && let Outcome::Failed(e) = &attached.outcome {
        let view = flujo.inspect("run").await.unwrap();
        let context = format!("{:?}", attached.context);
        return Story {
            outcome: format!("failed: {e}"),
            context,
            usage: attached.usage,
            records: finished(&view),
        };
    }
    finish(flujo, scenario).await
}

/// Kills a scenario around every command it issues, until there are no more.
pub async fn everywhere<P>(scenario: &Scenario<'_, P>, kills: &mut Kills)
where
    P: Pipeline + RunIn<P::Context, World>,
    P::Context: Default + Debug,
    P::Output: Debug,
{
    for which in 0..NAMES.len() {
        let expected = undisturbed(&fresh(which).0, scenario).await;
        for moment in [Moment::Before, Moment::After] {
            let mut at = 1;
            loop {
                let (engine, _) = fresh(which);
                let (calls, model) = (Calls::default(), Scripted::default());
                let (dying, struck) = build(&engine, &calls, &model, Some((at, moment)));
                let first = dying.run((scenario.call)()).id("run").await;
                // Questions are answered by somebody else in the meantime: the crash may come after.
                if struck().is_none() && matches!(first.outcome, Outcome::Paused(_)) {
                    finish_dying(&dying, scenario).await;
                }
                let Some(key) = struck() else { break };
                *kills.entry((scenario.form, engine.name())).or_default() += 1;

                let context = format!("{} on {}, {moment:?} {key} ({at})", scenario.form, engine.name());
                let (flujo, _) = build(&engine, &calls, &model, None);
                let view = flujo.inspect("run").await.unwrap();
                let done: Vec<(String, u32)> = view
                    .records
                    .iter()
                    .filter(|r| matches!(r.key.kind, Kind::Step | Kind::Model))
                    .map(|r| (r.key.path.to_string(), r.key.n))
                    .collect();
                let before = calls.len();
                let mut story = settle(&flujo, scenario).await;
                for call in calls.all().split_off(before) {
                    assert!(!done.contains(&call), "{context}: {call:?} was finished and ran again");
                }
                // Calls of models whose reservation was written, and whose attempt was not recorded, are charged in
                // full: each at what its request could have cost.
                let charged = view.reserved;
                assert_eq!(story.usage, expected.usage + charged, "{context}");
                assert!(charged.estimated_calls <= 2, "{context}: {charged:?}");
                let reported = flujo.usage(&UsageFilter::default()).await.unwrap();
                let reported: Usage = reported.iter().map(|line| line.usage).sum();
                assert_eq!(reported, story.usage, "{context}");
                if charged.estimated_calls == 1 {
                    let sent = model.requests.lock().unwrap();
                    assert!(
                        sent.iter().any(|request| charged == charge_of(request)),
                        "{context}: {charged:?}"
                    );
                }
                story.usage = expected.usage;
                let kept = |records: &mut Vec<(String, u32, String)>| {
                    records.retain(|(path, ..)| !scenario.cut_off.contains(&path.as_str()));
                };
                let mut expected = expected.clone();
                kept(&mut story.records);
                kept(&mut expected.records);
                assert_eq!(story, expected, "{context}");
                let id = RunId::from("run");
                assert_eq!(flujo.inspect(&id).await.unwrap().questions, [], "{context}: questions are left");
                at += 1;
            }
        }
    }
}

/// Answers questions on the engine that is about to die, until it does or the run ends.
async fn finish_dying<P>(flujo: &Flujo<World>, scenario: &Scenario<'_, P>)
where
    P: Pipeline + RunIn<P::Context, World>,
    P::Context: Default + Debug,
    P::Output: Debug,
{
    for _ in 0..20 {
        let view = flujo.inspect("run").await.unwrap();
        if view.questions.is_empty() {
            return;
        }
        let mut resume = flujo.resume::<P>("run");
        for question in &view.questions {
            let path = question.path.as_str();
            let (_, reply) = scenario.replies.iter().find(|(p, _)| *p == path).expect("a scripted reply");
            let reply: serde_json::Value = serde_json::from_str(reply).unwrap();
            resume = resume.reply_to(path, reply);
        }
        let result = resume.await.unwrap();
        if !matches!(result.outcome, Outcome::Paused(_)) {
            return;
        }
    }
}
