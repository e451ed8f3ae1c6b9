//! The fixtures in `ui/`: a caption, a program, and what the compiler prints.

use super::names;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) type Made<T> = Result<T, Box<dyn Error>>;

/// The folders of `ui/`, in the order in which the fixture is chosen that shows a mistake.
pub(crate) const TOPICS: [&str; 7] = ["flow", "pipeline", "step", "context", "resources", "run", "pass"];

/// The fixtures that show mistakes which are made at several places, where the first one would be a special case.
const EXAMPLES: &[(&str, &str)] = &[
    ("borrowed_value", "step/borrowed_text"),
    ("duration_in_quotes", "step/timeout_without_quotes"),
    ("duration_zero", "step/timeout_zero"),
    ("form_arguments", "flow/map_without_body"),
    ("listed_twice", "step/tool_twice"),
    ("map_conflict", "flow/map_writes_without_a_rule"),
    ("max_zero", "flow/repeat_max_zero"),
    ("misplaced_costed", "step/costed_inside_the_output"),
    ("misplaced_ctx", "step/ctx_on_an_owned_parameter"),
    ("not_a_list", "step/tools_without_brackets"),
    ("not_a_model_name", "step/model_constant"),
    ("not_a_plugin", "flow/plugin_of_no_plugin"),
    ("not_a_tool_server", "step/mcp_of_no_server"),
    ("not_a_validator", "flow/validator_of_other_type"),
    ("not_recordable", "step/input_not_recordable"),
    ("number_too_small", "step/no_tokens_at_all"),
    ("option_arguments", "flow/settle_with_argument"),
    ("option_of_steps", "flow/option_of_steps_only"),
    ("option_without_tools", "step/tool_choice_without_tools"),
    ("output_not_available", "flow/nested_step_call"),
    ("part_missing", "pipeline/missing_part"),
    ("result_not_returned", "step/no_result"),
    ("runs_nothing", "flow/repeat_runs_nothing"),
    ("tool_timeout_without_question", "step/tool_timeout_without_a_question"),
    ("unbounded_loop", "flow/repeat_without_max"),
    ("unknown_effort", "step/reasoning_effort_misspelt"),
    ("unknown_form_option", "flow/repeat_unknown_option"),
    ("unknown_tool_option", "step/tool_option_misspelt"),
];

pub(crate) struct Fixture {
    pub topic: &'static str,
    /// The name of its file.
    pub stem: String,
    /// The first line, without the full stop.
    pub caption: String,
    /// The program without what every fixture has.
    pub code: String,
    /// Empty for a program that compiles.
    pub printed: String,
    /// The names that its messages end in, each once.
    pub names: Vec<String>,
}

impl Fixture {
    fn of(topic: &'static str, path: &Path) -> Made<Self> {
        let why = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let source = fs::read_to_string(path)?;
        let (caption, code) = program(&source).map_err(|error| why(&error))?;
        let printed = match topic {
            "pass" => String::new(),
            _ => fs::read_to_string(path.with_extension("stderr")).map_err(|error| why(&error))?,
        };
        let mut found: Vec<String> = Vec::new();
        for headline in headlines(&printed) {
            if let Some(name) = names::of(headline)
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { topic, stem, caption: caption.to_owned(), code, printed, names: found })
    }

    /// `flow/join_conflict`
    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.topic, self.stem)
    }
}

/// The first lines of the errors and warnings in what the compiler printed.
pub(crate) fn headlines(printed: &str) -> impl Iterator<Item = &str> {
    printed.lines().filter(|line| line.starts_with("error") || line.starts_with("warning"))
}

/// The caption, and the program without what every fixture has.
fn program(source: &str) -> Made<(&str, String)> {
    let (first, rest) = source.split_once('\n').ok_or("an empty fixture")?;
    let caption = first.strip_prefix("// ").ok_or("a fixture begins with its caption")?;
    let common = |line: &&str| !line.starts_with("// errors: ") && *line != "fn main() {}";
    let code: Vec<&str> = rest.lines().filter(common).collect();
    Ok((caption.trim_end_matches('.'), code.join("\n").trim().to_owned()))
}

fn sorted(dir: &Path) -> Made<Vec<PathBuf>> {
    let mut all = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Made<Vec<_>>>()?;
    all.sort();
    Ok(all)
}

/// All of them, in the order of the topics, and by their names.
pub(crate) fn all() -> Made<Vec<Fixture>> {
    let mut all = Vec::new();
    for topic in TOPICS {
        let files = sorted(&Path::new("ui").join(topic))?;
        for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
            all.push(Fixture::of(topic, path)?);
        }
    }
    Ok(all)
}

/// For each name the fixture that shows the mistake: the one of that name, one of [`EXAMPLES`], or the first that has
/// only this message.
pub(crate) fn shown(all: &[Fixture]) -> BTreeMap<&str, &Fixture> {
    let mut shown: BTreeMap<&str, &Fixture> = BTreeMap::new();
    let rank = |fixture: &Fixture, name: &str| {
        let is_chosen = EXAMPLES.contains(&(name, &fixture.id()));
        (fixture.stem != name, !is_chosen, headlines(&fixture.printed).count())
    };
    for fixture in all {
        for name in &fixture.names {
            let best = shown.entry(name).or_insert(fixture);
            if rank(fixture, name) < rank(best, name) {
                *best = fixture;
            }
        }
    }
    shown
}

#[test]
fn every_topic_is_read() -> Made<()> {
    let folders = sorted(Path::new("ui"))?.into_iter().filter(|path| path.is_dir());
    let mut found: Vec<String> =
        folders.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    found.sort();
    let mut read = TOPICS;
    read.sort_unstable();
    assert_eq!(found, read);
    Ok(())
}

#[test]
fn examples_show_their_mistakes() -> Made<()> {
    let all = all()?;
    let shown = shown(&all);
    for (name, id) in EXAMPLES {
        assert_eq!(shown.get(name).map(|fixture| fixture.id()).as_deref(), Some(*id), "{name}");
    }
    Ok(())
}

#[test]
fn a_program_is_shown_without_what_every_fixture_has() -> Made<()> {
    let source = "// Nothing runs.\n// errors: 1\n\nuse a::*;\n\nfn f() {}\n\nfn main() {}\n";
    assert_eq!(program(source)?, ("Nothing runs", "use a::*;\n\nfn f() {}".to_owned()));
    assert!(program("fn main() {}\n").is_err());
    Ok(())
}
