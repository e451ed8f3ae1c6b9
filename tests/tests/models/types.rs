//! The public types of flujo, read from its source, so that a new one is not forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Counts, kinds, names of places, and what is empty: nothing in them is a text that anybody gave.
const NO_TEXT: &[&str] = &[
    "flujo::__private::NotAStep",
    "flujo::step::callee_kind::BrokenKind",
    "flujo::step::callee_kind::ContextStep",
    "flujo::step::callee_kind::DetachedPipeline",
    "flujo::step::callee_kind::DetachedWithoutResources",
    "flujo::step::callee_kind::NestedPipeline",
    "flujo::step::callee_kind::NestedWithoutResources",
    "flujo::step::callee_kind::StepKind",
    "flujo::cache::CacheKey",
    "flujo::cache::CachePolicy",
    "flujo::cache::memory::MemoryCache",
    "flujo::clock::SystemClock",
    "flujo::clock::Tick",
    "flujo::clock::Timestamp",
    "flujo::codec::digest::Digest",
    "flujo::context::ArmState",
    "flujo::context::field::Hole",
    "flujo::exec::fork::Slot",
    "flujo::exec::items::ItemFork",
    "flujo::exec::items::Own",
    "flujo::engine::account::Reservation",
    "flujo::engine::kit::activity::Activity",
    "flujo::engine::kit::activity::WorkGuard",
    "flujo::engine::arms::Arm",
    "flujo::engine::arms::ForkPolicy",
    "flujo::engine::command::AttemptCommand",
    "flujo::engine::command::Kind",
    "flujo::engine::retention::Retention",
    "flujo::engine::run_filter::CursorError",
    "flujo::engine::run_filter::Period",
    "flujo::engine::run_filter::RunOrder",
    "flujo::engine::run_record::Status",
    "flujo::engine::run_state::RunState",
    "flujo::events::observer::Chunks",
    "flujo::flow::critique::Critique",
    "flujo::flow::wait::WaitFor",
    "flujo::flow::settled::Arms",
    "flujo::flow::settled::Each",
    "flujo::flow::settled::Whole",
    "flujo::graph::lint::Severity",
    "flujo::graph::value_schemas::Fresh",
    "flujo::model::call_options::CacheTime",
    "flujo::model::call_options::ReasoningEffort",
    "flujo::model::estimate::Estimate",
    "flujo::model::history::Keep",
    "flujo::model::prices::Rates",
    "flujo::model::repair::Repair",
    "flujo::model::reply::Tokens",
    "flujo::model::request::Role",
    "flujo_models::capability::PromptCache",
    "flujo_models::capability::Structured",
    "flujo_models::provider::Wire",
    "flujo::question::Answered",
    "flujo::rate_limits::RateLimits",
    "flujo::rate_limits::rate::Rate",
    "flujo::recipes::task::Plan",
    "flujo::recipes::task::ReflectionInput",
    "flujo::run::programs::Programs",
    "flujo::run::start::Given",
    "flujo::run::start::Unset",
    "flujo::run::partial_stream::PartialStream",
    "flujo::run::stream::Partial",
    "flujo::run::stream::Streamed",
    "flujo::step::backoff::Backoff",
    "flujo::step::fallback::FallbackTo",
    "flujo::step::fallback::NoFallback",
    "flujo::step::findings::KeepingFindings",
    "flujo::step::plain::AfterStep",
    "flujo::step::plain::Neither",
    "flujo::step::plain::NoStep",
    "flujo::step::plain::NoStepYet",
    "flujo::step::plain::Plain",
    "flujo::step::plugin::Priority",
    "flujo::step::policy::ModelPolicy",
    "flujo::step::policy::Policy",
    "flujo::step::redirect::Redirecting",
    "flujo::step::writes::Probe",
    "flujo::step::writes::Within",
    "flujo::usage::budget::SharedBudget",
    "flujo::usage::cost::Cost",
    "flujo::usage::exceeded::Amount",
    "flujo_sqlite::builder::Synchronous",
    "flujo::telemetry::Guard",
];

/// What users say and models answer, which is theirs to show; no key is put into it. Their fields are texts and values,
/// and no type that holds a key.
const VALUES: &[&str] = &[
    "flujo::__private::Replies",
    "flujo::cache::CacheEntry",
    "flujo::codec::CodecError",
    "flujo::codec::Json",
    "flujo::context::MergeConflict",
    "flujo::context::Part",
    "flujo::context::field::Field",
    "flujo::context::scratch::Scratch",
    "flujo::exec::fork::ArmScope",
    "flujo::exec::fork::ArmResult",
    "flujo::exec::items::Mapped",
    "flujo::exec::redirect::Redirected",
    "flujo::engine::account::NodeLimits",
    "flujo::engine::account::Refusal",
    "flujo::engine::arms::ArmEnd",
    "flujo::engine::arms::ArmRecord",
    "flujo::engine::command::AttemptRecord",
    "flujo::engine::action::Action",
    "flujo::engine::action::ActionKind",
    "flujo::engine::kit::change::Change",
    "flujo::engine::kit::ledger::Ledger",
    "flujo::engine::kit::lifecycle::Lifecycle",
    "flujo::engine::kit::question::OpenQuestion",
    "flujo::engine::kit::saved_run::SavedRun",
    "flujo::engine::kit::saved_run::SavedRuns",
    "flujo::engine::node_input::NodeInput",
    "flujo::engine::node_view::NodeView",
    "flujo::engine::part_change::PartChange",
    "flujo::engine::pending_question::PendingQuestion",
    "flujo::engine::pending_question::QuestionFilter",
    "flujo::engine::record::Finding",
    "flujo::engine::record::Outcome",
    "flujo::engine::run_filter::RunCount",
    "flujo::engine::run_filter::RunCursor",
    "flujo::engine::run_filter::RunFilter",
    "flujo::engine::run_graph::RunGraph",
    "flujo::engine::run_graph::StoredGraph",
    "flujo::engine::run_graph::StoredNode",
    "flujo::engine::run_record::Ended",
    "flujo::engine::run_record::EndedBy",
    "flujo::engine::run_record::FinalOutcome",
    "flujo::engine::run_record::RunId",
    "flujo::engine::run_record::RunView",
    "flujo::engine::summary::RunSummary",
    "flujo::engine::usage_report::UsageFilter",
    "flujo::engine::usage_report::UsageLine",
    "flujo::engine::usage_report::UsageReport",
    "flujo::run::described::PipelineDescription",
    "flujo::run::described::ValueDescription",
    "flujo::run::replay::inputs::RunInputs",
    "flujo::run::replay::reach::Replay",
    "flujo::run::requests::StartRun",
    "flujo::error::engine_error::EngineError",
    "flujo::error::failure::FailureKind",
    "flujo::error::signal::LastAttempt",
    "flujo::error::signal::Mismatch",
    "flujo::error::signal::OutOfTime",
    "flujo::error::signal::Signal",
    "flujo::events::console::TraceLevel",
    "flujo::events::kind::AttemptOutcome",
    "flujo::events::kind::Ended",
    "flujo::events::observer::Values",
    "flujo::flow::critique::Feedback",
    "flujo::flow::form::Form",
    "flujo::graph::NodeKind",
    "flujo::graph::render::Drawing",
    "flujo::graph::lint::Finding",
    "flujo::graph::lint::Report",
    "flujo::model::answer::Answer",
    "flujo::model::answer::Parsed",
    "flujo::model::attachment::Attachment",
    "flujo::model::attachment::Content",
    "flujo::model::call_options::CallOptions",
    "flujo::model::call_options::ToolChoice",
    "flujo::model::check_error::ModelCheckError",
    "flujo::model::failure::ModelFailure",
    "flujo::model::history::History",
    "flujo::model::prices::Prices",
    "flujo::model::repair::Repaired",
    "flujo::model::reply::FinishReason",
    "flujo::model::reply::ModelReply",
    "flujo::model::request::ModelRequest",
    "flujo::model::schema::strict::StrictSchema",
    "flujo::model::script::Line",
    "flujo::model::tool::ToolCall",
    "flujo::model::tool::ToolSpec",
    "flujo::path::NodeId",
    "flujo::question::Question",
    "flujo::question::QuestionBuilder",
    "flujo::exec::tools::Calls",
    "flujo::question::approval::Approval",
    "flujo::question::Reply",
    "flujo::recipes::toolbox::Command",
    "flujo::recipes::toolbox::ExecutedCommand",
    "flujo::recipes::toolbox::Goal",
    "flujo::recipes::toolbox::ToolOffer",
    "flujo::recipes::toolbox::PlannerInput",
    "flujo::recipes::solving::Progress",
    "flujo::recipes::task::Brief",
    "flujo::recipes::task::Candidate",
    "flujo::recipes::task::Checklist",
    "flujo::recipes::task::ChecklistItem",
    "flujo::recipes::task::Draft",
    "flujo::recipes::task::Task",
    "flujo::run::recover::Recovered",
    "flujo::events::trace::Command",
    "flujo::events::trace::TraceEntry",
    "flujo::settings::Origin",
    "flujo::step::findings::Findings",
    "flujo::step::findings::KeepsFindings",
    "flujo::step::findings::KeptFinding",
    "flujo::step::plugin::PluginResult",
    "flujo::step::policy::ModelName",
    "flujo::step::tool_list::Tool",
    "flujo::step::validate::ValidationResult",
    "flujo::usage::costed::Costed",
    "flujo::usage::cost::ParseCostError",
    "flujo::usage::exceeded::LimitExceeded",
    "flujo::usage::exceeded::LimitOf",
];

/// Only there while a run goes on, and in it is everything that the run has: what they show is written by hand, a path at
/// most, and not derived.
const INSIDE: &[&str] = &[
    "flujo::exec::served::Serving",
    "flujo::exec::Cx",
    "flujo::flow::gate::GatePlugins",
    "flujo::exec::driver::Driver",
    "flujo::exec::fork::Fork",
    "flujo::exec::fork::ForkPoint",
    "flujo::exec::leaf::SettledFuture",
    "flujo::exec::leaf::StepFuture",
    "flujo::exec::items::MapPoint",
    "flujo::engine::arms::ArmGrant",
    "flujo::engine::kit::by_path::ByPath",
    "flujo::engine::kit::entry::Entry",
    "flujo::engine::kit::local::LocalEngine",
    "flujo::engine::kit::ownership::Ownership",
    "flujo::engine::kit::records::Records",
    "flujo::engine::kit::table::Table",
    "flujo::step::info::RunInfo",
];

/// Behind a feature that this was built without.
fn is_off(path: &str) -> bool {
    (!cfg!(feature = "sqlite") && path.starts_with("flujo_sqlite::"))
        || (!cfg!(feature = "otel") && path.starts_with("flujo::telemetry::"))
}

/// `&flujo::run::Flujo<x::App>` is of `flujo::run::Flujo`.
pub fn path_of(name: &str) -> String {
    let name = name.trim_start_matches('&').trim_start_matches("mut ");
    name.split(['<', '[']).next().unwrap_or_default().to_owned()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every public type by its path: whether its `Debug` is derived, and the text of its fields.
fn public() -> BTreeMap<String, (bool, String)> {
    let crates = [
        ("flujo", "../flujo/src"),
        ("flujo_models", "../flujo-models/src"),
        ("flujo_sqlite", "../engines/sqlite/src"),
    ];
    crates.into_iter().flat_map(|(name, folder)| public_in(name, folder)).collect()
}

fn public_in(krate: &str, folder: &str) -> BTreeMap<String, (bool, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut found = BTreeMap::new();
    for file in all {
        let module = file.strip_prefix(&root).unwrap().with_extension("");
        let parts: Vec<_> = module.iter().map(|part| part.to_str().unwrap()).collect();
        let parts = parts.iter().filter(|part| !matches!(**part, "mod" | "lib"));
        let module: Vec<_> = std::iter::once(krate).chain(parts.copied()).collect();
        let text = std::fs::read_to_string(&file).unwrap();
        let starts = text.match_indices("\npub ").filter_map(|(at, _)| {
            let rest = text[at..].strip_prefix("\npub ")?;
            let kinds = ["struct ", "enum ", "union "];
            let start = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
            let above = text[..at].rsplit("\n\n").next().unwrap_or_default();
            let derived = above.lines().any(|line| line.starts_with("#[derive(") && line.contains("Debug"));
            Some((derived, start))
        });
        for (derived, start) in starts {
            let name = start.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            let end = start.find("\n}").unwrap_or(start.len()).min(start.find(";\n").unwrap_or(start.len()));
            found.insert(format!("{}::{name}", module.join("::")), (derived, start[..end].to_owned()));
        }
    }
    found
}

/// The public types whose name is theirs alone, and whose `Debug` stands somewhere in a text.
pub fn named_in(text: &str) -> BTreeSet<String> {
    let all: Vec<String> = public().into_keys().collect();
    let name = |path: &str| path.rsplit("::").next().unwrap().to_owned();
    let is_alone = |path: &&String| all.iter().filter(|other| name(other) == name(path)).count() == 1;
    let stands = |path: &&String| {
        let name = name(path);
        text.match_indices(&name).any(|(at, _)| {
            let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
            let after = &text[at + name.len()..];
            before && (after.starts_with(" {") || after.starts_with('('))
        })
    };
    all.iter().filter(is_alone).filter(stands).cloned().collect()
}

/// # Panics
/// Somebody added a type, and nobody looked at it.
pub fn all_are_looked_at(shown: &BTreeSet<String>) {
    let public = public();
    let listed: BTreeSet<_> =
        NO_TEXT.iter().chain(VALUES).chain(INSIDE).map(|path| (*path).to_owned()).collect();
    let new: Vec<_> =
        public.keys().filter(|path| !shown.contains(*path) && !listed.contains(*path)).collect();
    let new: Vec<_> = new.into_iter().filter(|path| !is_off(path)).collect();
    assert!(
        new.is_empty(),
        "does the `Debug` of these show a key? Say one with a planted key in `hidden.rs`, or list it here: {new:#?}"
    );
    let gone: Vec<_> = listed.iter().filter(|path| !public.contains_key(*path)).collect();
    assert!(gone.is_empty(), "these are no public types any more: {gone:#?}");
    for path in listed {
        let (derived, fields) = &public[&path];
        if INSIDE.contains(&path.as_str()) {
            assert!(!derived, "`{path}` shows all of its fields: write its `Debug` by hand");
        } else {
            let holder = ["Secret", "dyn ", "Models", "Settings"].iter().find(|word| fields.contains(**word));
            assert!(holder.is_none(), "`{path}` holds `{}`: say one in `hidden.rs`", holder.unwrap());
        }
    }
}
