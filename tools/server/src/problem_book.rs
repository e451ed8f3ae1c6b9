//! The tables of problems in the book are made of the kinds of problems.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-server --lib problem` writes them.

use crate::problem::{Kind, Problem};
use flujo::codec::Json;
use flujo::error::{EngineError, Signal};
use flujo::usage::{Amount, LimitExceeded, LimitOf};
use flujo::{Error, ErrorKind};
use std::fmt::Write as _;
use std::time::Duration;

#[path = "../../../tests/src/made.rs"]
mod made;

const KINDS: [Kind; 28] = [
    Kind::Parameter,
    Kind::Json,
    Kind::Unauthorized,
    Kind::Forbidden,
    Kind::ForeignPage,
    Kind::ForeignForm,
    Kind::UnknownRoute,
    Kind::UnknownPipeline,
    Kind::UnknownRun,
    Kind::UnknownNode,
    Kind::UnknownQuestion,
    Kind::Method,
    Kind::Conflict,
    Kind::Answered,
    Kind::Mismatch,
    Kind::NotRegistered,
    Kind::TooLarge,
    Kind::MediaType,
    Kind::UnknownHost,
    Kind::Unfit,
    Kind::Reply,
    Kind::Setup,
    Kind::RunFailed,
    Kind::Internal,
    Kind::Unsupported,
    Kind::Engine,
    Kind::OutOfTime,
    Kind::TooMany,
];

#[test]
fn the_book_has_every_kind_of_problem() {
    let facts = include_str!("problem.rs").matches(" => (").count();
    assert_eq!(facts, KINDS.len(), "a kind of problem is missing here");
    let mut table = "| status | type | title |\n|---|---|---|\n".to_owned();
    for kind in KINDS {
        let (status, word) = (kind.status().as_u16(), kind.word());
        writeln!(table, "| {status} | `urn:flujo:problem:{word}` | {} |", kind.title()).unwrap();
    }
    made::compare("reference/http.md", &[("problems", table)]).unwrap();
}

#[test]
fn the_book_has_the_status_of_every_kind_of_error() {
    let text = || "what".to_owned();
    let nothing = || Amount::ModelCalls(0);
    let exceeded = LimitExceeded {
        path: "a/b".into(),
        of: LimitOf::Run,
        limit: nothing(),
        spent: nothing(),
        reserved: nothing(),
        needed: nothing(),
    };
    let bad = Json::encode(&f64::NAN).unwrap_err();
    let kinds = [
        ErrorKind::Failed(text()),
        ErrorKind::TimedOut(Duration::ZERO),
        ErrorKind::Rejected(vec![]),
        ErrorKind::Exhausted { form: text(), rounds: 1 },
        ErrorKind::Panicked(text()),
        ErrorKind::Codec(bad),
        ErrorKind::MergeConflict(text()),
        ErrorKind::Unconfigured(text()),
        ErrorKind::LimitExceeded(Box::new(exceeded)),
        ErrorKind::Signal(Signal::Suspended),
        ErrorKind::Signal(Signal::Cancelled),
        ErrorKind::Signal(Signal::OwnershipLost),
        ErrorKind::Signal(Signal::Engine(EngineError::new("full"))),
        ErrorKind::Signal(Signal::Internal(text())),
        ErrorKind::Interrupted,
        ErrorKind::Crashed { in_flight: vec![] },
        ErrorKind::UnknownRun(text()),
        ErrorKind::UnknownNode { run: text(), path: text() },
        ErrorKind::RunConflict(text()),
        ErrorKind::Busy(text()),
        ErrorKind::Reply(text()),
        ErrorKind::Input(text()),
        ErrorKind::Setup(text()),
        ErrorKind::Engine(EngineError::new("full")),
        ErrorKind::Internal(text()),
    ];
    let mut table = "| kind of error | status | type of the problem |\n|---|---|---|\n".to_owned();
    for kind in kinds {
        let name = format!("{kind:?}");
        let name = name.split([' ', '{']).next().unwrap();
        let name = match &kind {
            ErrorKind::Signal(_) => {
                name.trim_end_matches(')').split('(').take(2).collect::<Vec<_>>().join("` `")
            }
            _ => name.split('(').next().unwrap().to_owned(),
        };
        let problem = Problem::from(Error::new(kind)).kind;
        writeln!(table, "| `{name}` | {} | `{}` |", problem.status().as_u16(), problem.word()).unwrap();
    }
    made::compare("reference/errors.md", &[("http", table)]).unwrap();
}
