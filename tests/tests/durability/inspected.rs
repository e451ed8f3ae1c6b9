//! What is seen of a run by whoever does not know its types.

use flujo::engine::{FinalOutcome, RecordOutcome, RunId, Status};
use flujo::prelude::*;
use flujo::run::Control;
use flujo_testing::PausedClock;
use flujo_tests::with_engine;
use flujo_tests::world::{Label, Prices, Scripted, label, on_all, one_call};
use std::sync::Arc;
use std::time::Duration;

#[resources]
struct Timed {
    clock: PausedClock,
}

/// Takes 100 ms each time, and succeeds the third time.
#[step(retries = 2, backoff = none)]
async fn slow(text: String, clock: &PausedClock, run: &RunInfo) -> Result<String> {
    clock.advance(Duration::from_millis(100));
    if run.attempt() < 3 {
        return Err(StepError::retryable("not yet"));
    }
    Ok(text)
}

#[step]
async fn refuse(label: Label, clock: &PausedClock) -> Result<String> {
    clock.advance(Duration::from_millis(7));
    Err(StepError::fatal(format!("{} will not do", label.name)))
}

pipeline! {
    fn looked_at(text: String, timed: &Timed) -> String {
        let text = slow(text);
        let label = label(text);
        let sure: bool = ask("sure?");
        if sure {
            refuse(label)
        } else {
            value(String::new())
        }
    }
}

#[test]
fn a_run_is_inspected_path_by_path_with_times_attempts_and_cost() {
    on_all(async |engine, clock| {
        let builder = Flujo::builder().resources(Timed { clock: clock.clone() });
        let builder = builder.models(Scripted::default()).prices(Prices).pipeline::<looked_at>();
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        let control: Arc<dyn Control> = Arc::new(flujo.clone());
        let id = RunId::from("r");
        assert_eq!(flujo.run(looked_at("x".into())).id("r").await.questions().len(), 1);
        let view = control.inspect(&id).await.unwrap();
        let nodes: Vec<_> = view
            .nodes()
            .into_iter()
            .map(|node| {
                let (whole, working) = (node.ended.since(node.started), node.working);
                (node.path.to_string(), node.attempts, whole.as_millis(), working.as_millis(), node.usage)
            })
            .collect();
        let expected = [
            ("looked_at/slow".to_owned(), 3, 300, 300, flujo::Usage::default()),
            ("looked_at/label".to_owned(), 1, 0, 0, one_call()),
        ];
        assert_eq!(nodes, expected);
        assert_eq!((view.status.clone(), view.usage), (Status::Paused, one_call()));
        assert_eq!(view.questions[0].path.as_str(), "looked_at/sure");
        // A week does not count as work, and what failed says so.
        clock.advance(Duration::from_secs(7 * 86_400));
        control
            .reply(&id, &"looked_at/sure".into(), &flujo::codec::Json::encode(&true).unwrap(), Some("Ada"))
            .await
            .unwrap();
        drop(flujo.resume::<looked_at>("r").await.unwrap());
        let view = control.inspect(&id).await.unwrap();
        let last = view.nodes().pop().unwrap();
        assert_eq!((last.path.as_str(), last.attempts, last.working.as_millis()), ("looked_at/refuse", 1, 7));
        assert!(matches!(&last.last.outcome, RecordOutcome::Failure(_)), "{last:?}");
        assert!(matches!(&view.status, Status::Ended(FinalOutcome::Failed(_))), "{:?}", view.status);
        assert_eq!(view.answered[0].reply.by.as_deref(), Some("Ada"));
        // Tried again, the node has one more attempt.
        let view = control.retry(&id, None).await.unwrap();
        let last = view.nodes().pop().unwrap();
        assert_eq!((last.attempts, last.last.key.n, last.working.as_millis()), (2, 2, 14));
    });
}
