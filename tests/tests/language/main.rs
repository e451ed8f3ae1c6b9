//! Steps, contexts and every form of flow, run; every constant of a pipeline, exact; graphs, to the letter.

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

mod constants;
mod contexts;
mod flow;
mod form_bounds;
mod form_flow;
mod form_graphs;
mod graphs;
mod renamed;
mod sources;
mod steps_alone;

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
