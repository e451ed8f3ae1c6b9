use super::*;
use flujo::codec::Digest;
use flujo::codec::Json;
use flujo::engine::{Ended, EndedBy, Kind, Labels, RunGraph, RunId, Seed, StoredGraph};
use flujo::error::Signal;
use flujo::{Usage, UsageLimits};
use std::sync::Arc;

fn begun(limits: UsageLimits) -> RunState {
    let (name, nodes) = ("p".to_owned(), Vec::new());
    let (input, context, null) = (Vec::new(), String::new(), Json::null());
    let graph = StoredGraph { name, inputs: input, output: String::new(), context, nodes };
    let run = RunRecord {
        id: RunId::from("r"),
        pipeline: "p".to_owned(),
        fingerprint: 1,
        graph: RunGraph::Stored(Arc::new(graph)),
        input: null.clone(),
        digest: Digest::of(&[]),
        context: null,
        limits,
        retries: 0,
        labels: Labels::default(),
        by: None,
        created: Timestamp(1),
        models: Vec::new(),
        seed: Seed::default(),
    };
    let mut state = RunState::new(&run, String::new(), true);
    assert_eq!(state.begin("r", Timestamp(1)).1, [Effect::Start(1)]);
    state
}

fn asks(state: &mut RunState, path: &str, invocation: &str, arms: &[(&str, usize)]) -> (Answer, Vec<Effect>) {
    let question = Question {
        path: path.into(),
        message: "?".to_owned(),
        shown: None,
        schema: Json::null(),
        asked: Timestamp(2),
        deadline: None,
        default: None,
    };
    let arms = arms.iter().map(|(path, arm)| (Path::from(*path), *arm)).collect();
    let by = Invoked { service: "p".to_owned(), key: invocation.to_owned() };
    state.apply("r", Request::Ask { question, arms, by })
}

fn one() -> Usage {
    let mut one = Usage::default();
    one.model_calls = 1;
    one
}

fn fork(state: &mut RunState, invocation: &str, arms: &[&str]) {
    let arms: BTreeSet<_> = arms.iter().map(|arm| (*arm).to_owned()).collect();
    state.apply("r", Request::Fork { invocation: invocation.to_owned(), arms });
}

fn ends(state: &mut RunState, invocation: &str, of: &str) -> Vec<Effect> {
    state
        .apply("r", Request::ArmEnded { invocation: invocation.to_owned(), of: of.to_owned(), stops: false })
        .1
}

fn replies(state: &mut RunState, path: &str) -> (Answer, Vec<Effect>) {
    let reply = Reply { value: Json::null(), by: None, at: Timestamp(3) };
    state.apply("r", Request::Reply { path: path.into(), reply })
}

#[test]
fn a_run_rests_when_all_of_its_arms_wait() {
    let mut state = begun(UsageLimits::NONE);
    fork(&mut state, "r~1", &["a", "b"]);
    assert!(asks(&mut state, "p/a", "a", &[("p/join", 0)]).1.is_empty());
    assert!(state.is_working());
    assert_eq!(ends(&mut state, "b", "r~1"), [Effect::Rest(0)]);
    assert!(!state.is_working() && state.shown_lifecycle().paused && !state.lifecycle.paused);
    let (_, effects) = replies(&mut state, "p/a");
    assert!(matches!(effects.as_slice(), [Effect::Answer { to, .. }] if to.key == "a"));
    assert!(state.is_working());
    // Between the end of the last arm and the next command of who waits for it, the run works.
    assert!(ends(&mut state, "a", "r~1").is_empty() && state.is_working());
}

#[test]
fn a_run_does_not_rest_between_an_arm_that_stops_its_siblings_and_their_fork() {
    let mut state = begun(UsageLimits::NONE);
    fork(&mut state, "r~1", &["a", "b"]);
    asks(&mut state, "p/a", "a", &[("p/join", 0)]);
    let stops = Request::ArmEnded { invocation: "b".to_owned(), of: "r~1".to_owned(), stops: true };
    assert!(state.apply("r", stops).1.is_empty() && state.is_working());
    let join = Request::Join { invocation: "r~1".to_owned(), fork: "p/join".into(), withdrawn: vec![0, 1] };
    assert!(state.apply("r", join).1.is_empty() && state.is_working());
}

#[test]
fn an_arm_inside_of_an_arm_that_ends_late_is_of_no_account() {
    let mut state = begun(UsageLimits::NONE);
    fork(&mut state, "r~1", &["a", "b"]);
    fork(&mut state, "a", &["aa"]);
    asks(&mut state, "p/b", "b", &[("p/join", 1)]);
    let join = Request::Join { invocation: "r~1".to_owned(), fork: "p/join".into(), withdrawn: vec![0, 1] };
    assert!(state.apply("r", join).1.is_empty());
    assert!(state.questions.is_empty());
    assert!(matches!(asks(&mut state, "p/aa", "aa", &[]).0, Answer::Cancelled));
    assert!(state.questions.is_empty());
    assert!(ends(&mut state, "aa", "a").is_empty() && ends(&mut state, "a", "r~1").is_empty());
    assert_eq!(state.working, BTreeSet::from(["r~1".to_owned()]));
}

#[test]
fn a_question_is_asked_once_and_answered_once() {
    let mut state = begun(UsageLimits::NONE);
    assert!(
        matches!(asks(&mut state, "p/q", "r~1", &[]), (Answer::Open(true), effects) if effects == [Effect::Rest(0)])
    );
    // Its execution was stopped, and a later one comes here again.
    let ended =
        Ended { outcome: Err(EndedBy::Signal(Signal::Internal("stopped".to_owned()))), context: None };
    state.apply("r", Request::Finish { execution: 1, ended: SentEnded::from(ended), last: Timestamp(3) });
    assert_eq!(state.begin("r", Timestamp(4)).1, [Effect::Start(2)]);
    assert!(matches!(asks(&mut state, "p/q", "r~2", &[]).0, Answer::Open(false)));
    assert!(!state.is_working());
    assert!(matches!(replies(&mut state, "p/q").0, Answer::Done));
    assert!(matches!(replies(&mut state, "p/q").0, Answer::Refused { answered: Some(_), .. }));
    assert!(matches!(replies(&mut state, "p/other").0, Answer::Refused { answered: None, open: None, .. }));
    assert!(matches!(asks(&mut state, "p/q", "r~2", &[]).0, Answer::Replied(_)));
}

#[test]
fn a_body_that_is_begun_again_charges_what_the_lost_one_held() {
    let mut state = begun(UsageLimits::NONE.model_calls(3));
    let key = Key { path: "p/ask".into(), kind: Kind::Model, n: 1 };
    let call = |holder: &str| {
        let amount = one();
        let reservation = Reservation { key: key.clone(), amount, within: None };
        Request::Reserve { reservation, holder: holder.to_owned() }
    };
    // Two calls of one body, and then a body that was begun again.
    for holder in ["a", "a", "b"] {
        assert!(matches!(state.apply("r", call(holder)).0, Answer::Done), "{holder}");
    }
    assert_eq!((state.ledger.spent().model_calls, state.ledger.spent().estimated_calls), (2, 2));
    assert!(matches!(state.apply("r", call("b")).0, Answer::Limit(_)));
    let used = one();
    state.apply("r", Request::Settle { key: key.clone(), used, within: None, reserved: true });
    assert_eq!((state.ledger.spent().model_calls, state.ledger.reserved()), (3, Usage::default()));
}

#[test]
fn an_older_execution_and_a_cancelled_run_end_nothing_twice() {
    let mut state = begun(UsageLimits::NONE);
    let cancel = || Request::Cancel { at: Timestamp(9), by: Some("ops".to_owned()) };
    assert_eq!(state.apply("r", cancel()).1, [Effect::Cancel]);
    assert!(state.apply("r", cancel()).1.is_empty());
    let ended = |execution, signal| {
        let ended = Ended { outcome: Err(EndedBy::Signal(signal)), context: None };
        Request::Finish { execution, ended: SentEnded::from(ended), last: Timestamp(5) }
    };
    state.apply("r", ended(0, Signal::Suspended));
    assert!(state.is_live());
    state.apply("r", ended(1, Signal::Cancelled));
    // Not before it was cancelled.
    assert_eq!(state.lifecycle.ended, Some(Timestamp(9)));
    assert_eq!(state.lifecycle.acted.len(), 1);
    assert!(matches!(asks(&mut state, "p/q", "r~1", &[]).0, Answer::Cancelled));
}
