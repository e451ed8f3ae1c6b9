//! Which page of the book shows a fixture.

use super::fixtures::{self, Fixture, Made};
use crate::markdown::read;

/// The folder of the pages, and that of the index.
pub(crate) const FOLDER: &str = "docs/book/compiler";

pub(crate) struct Page {
    /// Its file, without the ending.
    pub slug: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    /// Fixtures; `flow/join_*` are those that begin so. Where several fit, the longest decides.
    holds: &'static [&'static str],
}

const fn page(
    slug: &'static str,
    title: &'static str,
    about: &'static str,
    holds: &'static [&'static str],
) -> Page {
    Page { slug, title, about, holds }
}

/// In the order of the book.
pub(crate) const PAGES: [Page; 20] = [
    page("calls", "Calls of steps", "Which calls a pipeline makes, and the types between them.", &["flow/*"]),
    page(
        "call-options",
        "Options of a call",
        "`.retries(..)`, `.timeout(..)`, `.fallback(..)` and the others, written after a call.",
        &[
            "flow/bad_*",
            "flow/cached_*",
            "flow/extra_*",
            "flow/fallback_*",
            "flow/findings_with*",
            "flow/limits_*",
            "flow/misspelt_option",
            "flow/name_*",
            "flow/option_*",
            "flow/plugin_*",
            "flow/reasoning_*",
            "flow/redirect_*",
            "flow/seed_*",
            "flow/settle_*",
            "flow/validator_*",
            "pipeline/ask_first_*",
        ],
    ),
    page(
        "call-tools",
        "Tools at a call",
        "`.tools([..])`, and what is said of a tool there.",
        &["flow/ask_first_if_*", "flow/mcp_*", "flow/no_tool_*", "flow/question_of_a_tool_*", "flow/tool*"],
    ),
    page(
        "plain-expressions",
        "Plain expressions",
        "Rust between the calls: no step runs in it, so what a step gives is bound first.",
        &[
            "flow/associated_function",
            "flow/await_in_value",
            "flow/constructor",
            "flow/field_of_output",
            "flow/function_*",
            "flow/impure_*",
            "flow/method_of_output",
            "flow/misspelt_function",
            "flow/nested_step_*",
            "flow/question_mark_in_value",
            "flow/return_in_value",
            "flow/step_as_*",
            "flow/step_in_*",
            "flow/step_of_a_module_*",
            "flow/steps_*",
            "flow/value_*",
        ],
    ),
    page(
        "rust",
        "Rust that a pipeline does not have",
        "Loops, jumps, assignments, and what else the graph of a pipeline could not show.",
        &[
            "flow/assignment",
            "flow/async_block",
            "flow/attribute_*",
            "flow/await",
            "flow/break",
            "flow/cannot_*",
            "flow/closure",
            "flow/continue",
            "flow/for",
            "flow/for_that_*",
            "flow/item",
            "flow/labelled_block",
            "flow/loop",
            "flow/question_mark",
            "flow/return",
            "flow/unsafe_block",
            "flow/while",
            "flow/while_that_*",
        ],
    ),
    page(
        "branches",
        "Branches and failures",
        "`if`, `match`, `let .. else` and `fail`.",
        &["flow/branch_*", "flow/fail_*", "flow/let_*", "flow/uncovered_*"],
    ),
    page(
        "loops",
        "Loops",
        "`repeat` and `refine`: a condition, a bound, and a body.",
        &["flow/refine_*", "flow/repeat_*", "flow/until_*"],
    ),
    page(
        "parallel",
        "Parallel work",
        "`join`, `map` and `route`: arms and items, and what they write.",
        &["flow/findings_in_parallel", "flow/item_of_*", "flow/join_*", "flow/map_*", "flow/route_*"],
    ),
    page(
        "questions",
        "Questions, gates and timers",
        "`ask`, `gate`, `wait`, and what all forms have in common.",
        &[
            "flow/ask_*",
            "flow/form_*",
            "flow/gate_*",
            "flow/question_asked_*",
            "flow/settled_*",
            "flow/wait_*",
        ],
    ),
    page(
        "context-in-the-flow",
        "Context and resources in the flow",
        "A pipeline reads its context, and its steps write it; resources are for steps alone.",
        &["flow/context_*", "flow/resources_*"],
    ),
    page(
        "pipelines",
        "The head of a pipeline",
        "Inputs, context, resources, output, and what it is bounded by.",
        &["pipeline/*"],
    ),
    page(
        "steps",
        "Signatures of steps",
        "Inputs and outputs, and what may cross a step's border.",
        &["step/*"],
    ),
    page(
        "step-borrows",
        "What a step borrows",
        "Its context, its resources and its run: `&mut`, `#[ctx]`, `&`.",
        &[
            "step/context_*",
            "step/ctx_*",
            "step/double_*",
            "step/lifetime_of_a_resource",
            "step/mutable_run_info",
            "step/owned_run_info",
            "step/part_*",
            "step/run_*",
            "step/trait_object_resource",
        ],
    ),
    page(
        "step-options",
        "Options of steps",
        "`#[step(..)]`: retries, timeouts, fallbacks, validators, versions.",
        &[
            "step/backoff_*",
            "step/cached_*",
            "step/fallback_*",
            "step/limits_*",
            "step/migrate_*",
            "step/misspelt_*",
            "step/negative_*",
            "step/option*",
            "step/plugin_*",
            "step/redirect_*",
            "step/retries_*",
            "step/strict_*",
            "step/text_for_a_list",
            "step/timeout_*",
            "step/too_many_retries",
            "step/two_mistakes",
            "step/unknown_option",
            "step/validator_*",
            "step/version_*",
        ],
    ),
    page(
        "model-steps",
        "Model steps",
        "The model, the prompt, the answer, and the options of a model's call.",
        &[
            "step/answer_*",
            "step/costed_answer_*",
            "step/extra_*",
            "step/model*",
            "step/no_tokens_*",
            "step/prompt_*",
            "step/reasoning_*",
            "step/role_*",
            "step/seed_*",
            "step/service_*",
            "step/stop_*",
            "step/temperature_*",
            "step/top_p_*",
        ],
    ),
    page(
        "tools",
        "Tools of steps",
        "`tools = [..]`: which steps a model may call, servers of tools, and approval.",
        &["step/ask_first_*", "step/mcp_*", "step/no_tool_*", "step/tool*"],
    ),
    page("contexts", "Contexts", "Fields, parts and merge rules.", &["context/*"]),
    page("resources", "Resources", "Services that steps ask for.", &["resources/*"]),
    page("running", "Running", "What an application gives to a run, and what it gets back.", &["run/*"]),
    page("how-it-is-done", "How it is done", "Programs that compile.", &["pass/*"]),
];

/// The page of a fixture.
pub(crate) fn of(fixture: &Fixture) -> Made<&'static Page> {
    let id = fixture.id();
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => id == pattern,
    };
    let best = PAGES.iter().flat_map(|page| page.holds.iter().map(move |pattern| (pattern, page)));
    let best = best.filter(|(pattern, _)| fits(pattern)).max_by_key(|(pattern, _)| pattern.len());
    Ok(best.ok_or_else(|| format!("{id} has no page"))?.1)
}

#[test]
fn no_page_is_long_or_empty_and_every_pattern_is_of_use() -> Made<()> {
    let all = fixtures::all()?;
    for page in &PAGES {
        let mut n = 0;
        for fixture in &all {
            n += usize::from(of(fixture)?.slug == page.slug);
        }
        assert!((1..=60).contains(&n), "{}: {n}", page.slug);
        for pattern in page.holds {
            let beginning = pattern.trim_end_matches('*');
            assert!(all.iter().any(|fixture| fixture.id().starts_with(beginning)), "{pattern}");
        }
    }
    Ok(())
}

/// mdBook builds the pages that the summary lists.
#[test]
fn the_summary_lists_the_pages() -> Made<()> {
    let summary = read("docs/book/SUMMARY.md")?;
    let listed: Vec<&str> =
        summary.lines().filter(|line| line.contains("](compiler/")).map(str::trim).collect();
    let mut pages = vec!["- [What the compiler tells you](compiler/index.md)".to_owned()];
    pages.extend(PAGES.iter().map(|page| format!("- [{}](compiler/{}.md)", page.title, page.slug)));
    assert_eq!(listed, pages);
    Ok(())
}
