//! What is found out about runs afterwards: by labels, by what was done to them, by what their nodes were given, and by
//! what was said to models.

use flujo::codec::Json;
use flujo::engine::{ActionKind, Engine, Period, QuestionFilter, RunFilter, RunId, RunOrder, RunState};
use flujo::events::Redact;
use flujo::model::Role;
use flujo::prelude::*;
use flujo::run::{Control, ForkRun, StartRun};
use flujo_tests::with_engine;
use flujo_tests::world::{Prices, Scripted, on_all, one_call};
use std::sync::Arc;
use std::time::Duration;

#[context]
#[derive(Debug, Default)]
struct Notes {
    #[context(part, merge = append)]
    log: Vec<String>,
    #[context(part)]
    title: String,
}

#[step]
async fn shout(text: String, times: u32, log: &mut Vec<String>) -> Result<String> {
    log.push(text.clone());
    Ok(text.repeat(times as usize).to_uppercase())
}

#[step(retries = 1, backoff = none)]
async fn twice(text: String, log: &mut Vec<String>, run: &RunInfo) -> Result<String> {
    if run.attempt() < 2 {
        return Err(StepError::retryable("not yet"));
    }
    Ok(format!("{text} after {}", log.len()))
}

#[step]
async fn entitle(text: String, title: &mut String) -> Result<String> {
    title.clone_from(&text);
    Ok(text)
}

#[step(model = "test:small", max_tokens = 50)]
fn mood(text: String) -> Prompt<String> {
    Prompt::system("What mood? My key is sk-1234567890abcdef.").user(text)
}

pipeline! {
    fn inner(text: String, ctx: &mut Notes) -> String {
        twice(text)
    }
}

pipeline! {
    fn outer(text: String, ctx: &mut Notes) -> String {
        let loud = shout(text, 2);
        let done = inner(loud);
        let all = map(["a", "b"], |c| shout(c.to_owned(), 1).named("item"));
        let title: String = ask("title?").showing(&all);
        entitle(format!("{done} {title}"))
    }
}

pipeline! {
    fn felt(text: String) -> String {
        mood(text)
    }
}

fn json(value: impl serde::Serialize) -> Json {
    Json::encode(&value).unwrap()
}

#[test]
fn every_node_was_given_what_a_walk_over_the_records_finds() {
    on_all(async |engine, _| {
        let builder = Flujo::builder().pipeline::<outer>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        assert_eq!(flujo.run(outer("x".into())).id("r").await.questions().len(), 1);
        drop(flujo.resume::<outer>("r").reply("T").await.unwrap());
        let records = flujo.inspect("r").await.unwrap().records.len();
        let inputs = flujo.inputs(&"r".into()).await.unwrap();
        assert!(inputs.mismatch.is_none());
        let shown: Vec<_> = inputs
            .nodes
            .iter()
            .map(|node| {
                let context: Vec<_> =
                    node.context.iter().map(|(name, json)| format!("{name}={json}")).collect();
                format!("{} {} {} {}", node.path, node.n, node.input, context.join(" "))
            })
            .collect();
        let expected = [
            r#"outer 1 ["x"] "#,
            r#"outer/all[0]/item 1 ["a",1] log=["x"]"#,
            r#"outer/all[1]/item 1 ["b",1] log=["x"]"#,
            r#"outer/entitle 1 ["XX after 1 T"] title="""#,
            r#"outer/inner 1 ["XX"] "#,
            r#"outer/inner/twice 1 ["XX"] log=["x"]"#,
            r#"outer/inner/twice 2 ["XX"] log=["x"]"#,
            r#"outer/shout 1 ["x",2] log=[]"#,
        ];
        assert_eq!(shown, expected);
        assert_eq!(inputs.of("outer/inner/twice", 2).unwrap().input, json(("XX",)));
        assert_eq!(flujo.inspect("r").await.unwrap().records.len(), records, "nothing was written");
    });
}

#[test]
fn a_run_is_found_by_its_labels_and_keeps_them() {
    on_all(async |engine, clock| {
        let builder = Flujo::builder().pipeline::<outer>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        for (id, tenant) in [("a", "acme"), ("b", "other")] {
            drop(flujo.run(outer("x".into())).id(id).label("tenant", tenant).label("plan", "pro").await);
            clock.advance(Duration::from_secs(1));
        }
        let mut labels = flujo::engine::Labels::default();
        labels.set("tenant", "acme").unwrap();
        let start = StartRun::new("outer", "c", json(("y",))).labels(labels).by("Ada");
        assert_eq!(Control::start(&flujo, &start).await.unwrap(), RunState::Created);
        drop(flujo.attach(&"c".into()).await.unwrap());
        let newest = RunFilter::default().label("tenant", "acme").order(RunOrder::Created);
        let found: Vec<_> = flujo.list(&newest).await.unwrap().into_iter().map(|run| run.id).collect();
        assert_eq!(found, ["c", "a"].map(RunId::from));
        // A second run with the same id attaches, and changes no label.
        drop(flujo.run(outer("x".into())).id("b").label("tenant", "acme").await);
        assert_eq!(flujo.list(&newest).await.unwrap().len(), 2);
        let counts = Control::count(&flujo, &RunFilter::default().label("plan", "pro")).await.unwrap();
        let counts: Vec<_> = counts.iter().map(|c| (c.pipeline.as_str(), c.state, c.runs)).collect();
        assert_eq!(counts, [("outer", RunState::Paused, 2)]);
        // Wrong labels are refused before anything runs.
        let refused = flujo.run(outer("x".into())).id("d").label("", "v").await.into_output().unwrap_err();
        assert!(refused.to_string().contains("the label with the value `v` has no name"), "{refused}");
        let pending = flujo.inbox(&QuestionFilter::default()).await.unwrap();
        assert_eq!(pending.len(), 3);
        assert_eq!((pending[0].run.as_str(), pending[0].question.message.as_str()), ("a", "title?"));
    });
}

#[test]
fn who_did_what_is_on_record() {
    on_all(async |engine, clock| {
        let builder = Flujo::builder().pipeline::<outer>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        drop(flujo.run(outer("x".into())).id("r").by("ops").await);
        clock.advance(Duration::from_secs(1));
        flujo.reply(&"r".into(), &"outer/title".into(), &json("T"), Some("Ada")).await.unwrap();
        drop(flujo.resume::<outer>("r").await.unwrap());
        clock.advance(Duration::from_secs(1));
        flujo.fork(&ForkRun::new("r", "outer/title", "f").by("Bob")).await.unwrap();
        drop(flujo.attach(&"f".into()).await.unwrap());
        clock.advance(Duration::from_secs(1));
        Control::cancel(&flujo, &"f".into(), Some("Eve")).await.unwrap();
        let shown = async |id: &str| -> Vec<(ActionKind, Option<String>)> {
            let actions = flujo.inspect(id).await.unwrap().actions();
            actions.into_iter().map(|action| (action.what, action.by)).collect()
        };
        let by = |who: &str| Some(who.to_owned());
        let replied = ActionKind::Replied("outer/title".into());
        assert_eq!(shown("r").await, [(ActionKind::Started, by("ops")), (replied, by("Ada"))]);
        let forked = ActionKind::Forked("r".into());
        assert_eq!(shown("f").await, [(forked, by("Bob")), (ActionKind::Cancelled, by("Eve"))]);
        let origin = flujo.list(&RunFilter::default()).await.unwrap().remove(0).origin;
        assert_eq!(origin, Some("r".into()));
    });
}

#[test]
fn messages_of_models_are_recorded_on_request_and_redacted() {
    on_all(async |engine, _| {
        let recording = |redact: Option<Redact>| {
            let builder = Flujo::builder().models(Scripted::new(&["", "calm"])).prices(Prices);
            let builder = match redact {
                Some(redact) => builder.record_messages(redact),
                None => builder,
            };
            with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap()
        };
        let silent = recording(None).run(felt("I am ada@example.org".into())).id("silent").await;
        assert_eq!(silent.usage, one_call());
        let flujo = recording(Some(Redact::new().secret("planted")));
        assert!(flujo.inspect("silent").await.unwrap().records.iter().all(|r| r.messages.is_empty()));
        drop(flujo.run(felt("planted: I am ada@example.org".into())).id("r").await);
        let view = flujo.inspect("r").await.unwrap();
        let [exchange] = &*view.records[0].messages else { panic!("{view:?}") };
        let sent: Vec<_> = exchange.sent.iter().map(|m| (m.role, m.text.as_str())).collect();
        let expected =
            [(Role::System, "What mood? My key is [REDACTED]"), (Role::User, "[REDACTED]: I am [REDACTED]")];
        assert_eq!((exchange.model.as_str(), sent.as_slice()), ("test:small", expected.as_slice()));
        assert_eq!(exchange.answer.as_ref().map(|m| m.role), Some(Role::Assistant));
    });
}

#[test]
fn ended_runs_are_pruned_and_who_did_so_is_on_record() {
    on_all(async |engine, clock| {
        if engine.name() == "OrderedLog" {
            return;
        }
        let builder = Flujo::builder().models(Scripted::default()).prices(Prices);
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let engine: Arc<dyn Engine> = with_engine!(&engine, e => e.clone());
        for id in ["a", "b", "c"] {
            drop(flujo.run(felt("x".into())).id(id).await);
            clock.advance(Duration::from_secs(60));
        }
        let now = flujo::clock::Clock::now(&clock);
        let before = now.before(Duration::from_secs(90));
        assert_eq!(engine.prune(before, Some("ops")).await.unwrap(), 2);
        let left: Vec<_> = flujo.list(&RunFilter::default()).await.unwrap();
        assert_eq!(left.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["c"]);
        let pruned = engine.pruned().await.unwrap();
        let expected = ActionKind::Pruned { before, runs: 2 };
        assert_eq!((&pruned[0].what, pruned[0].by.as_deref(), pruned[0].at), (&expected, Some("ops"), now));
        let since = RunFilter::default().created(Period::new(Some(before), None));
        assert_eq!(engine.count(&since).await.unwrap().len(), 1);
    });
}
