//! `usage`.

use crate::args::{UsageArgs, UsageBy};
use crate::console::Console;
use crate::exit::Exit;
use crate::json::usage::{UsageAnswer, UsageDoc, UsageKey, UsageLineDoc};
use crate::runs::Runs;
use crate::stop::Done;
use crate::text::table::{Cell, Column, Table};
use crate::text::time::day;
use flujo::Usage;
use flujo::engine::UsageLine;
use std::collections::BTreeMap;

pub(super) async fn execute(runs: &dyn Runs, args: &UsageArgs, console: &mut Console<'_>) -> Done {
    let lines = runs.usage(&args.filter(console.now())).await?;
    let mut sums = BTreeMap::<Option<String>, Usage>::new();
    for line in &lines {
        *sums.entry(key(line, &args.by)).or_default() += line.usage;
    }
    let total: Usage = sums.values().copied().sum();
    if console.json {
        let lines = sums.iter().map(|(key, usage)| document(&args.by, key.as_deref(), usage)).collect();
        console.answer(&UsageAnswer { by: word(&args.by), lines, total: UsageDoc::from(&total) })?;
    } else if !sums.is_empty() {
        console.table(&table(&args.by, &sums, &total))?;
    }
    if sums.is_empty() {
        console.note("nothing was used");
        return Ok(Exit::Nothing);
    }
    if total.unpriced_calls > 0 {
        console.note(format!("{} calls have no known price, and are not in the cost", total.unpriced_calls));
    }
    Ok(Exit::Ok)
}

fn key(line: &UsageLine, by: &UsageBy) -> Option<String> {
    match by {
        UsageBy::Day => Some(day(line.day)),
        UsageBy::Pipeline => Some(line.pipeline.clone()),
        UsageBy::Model => line.model.clone(),
        UsageBy::Label(_) => line.label.clone(),
    }
}

fn word(by: &UsageBy) -> String {
    match by {
        UsageBy::Day => "day".to_owned(),
        UsageBy::Pipeline => "pipeline".to_owned(),
        UsageBy::Model => "model".to_owned(),
        UsageBy::Label(name) => format!("label={name}"),
    }
}

fn document(by: &UsageBy, key: Option<&str>, usage: &Usage) -> UsageLineDoc {
    let key = key.map(str::to_owned);
    let key = match by {
        UsageBy::Day => UsageKey::Day(key),
        UsageBy::Pipeline => UsageKey::Pipeline(key),
        UsageBy::Model => UsageKey::Model(key),
        UsageBy::Label(_) => UsageKey::Label(key),
    };
    UsageLineDoc { key, usage: UsageDoc::from(usage) }
}

fn table(by: &UsageBy, sums: &BTreeMap<Option<String>, Usage>, total: &Usage) -> Table {
    let title = match by {
        UsageBy::Day => "day (UTC)",
        UsageBy::Pipeline => "pipeline",
        UsageBy::Model => "model",
        UsageBy::Label(_) => "label",
    };
    let columns = [
        Column::whole(title),
        Column::optional("calls", 1).right(),
        Column::optional("tokens in", 2).right(),
        Column::optional("cached", 0).right(),
        Column::optional("tokens out", 2).right(),
        Column::whole("cost").right(),
    ];
    let mut table = Table::new(columns);
    let mut row = |key: &str, usage: &Usage| {
        let numbers = [usage.model_calls, usage.input_tokens, usage.cached_tokens, usage.output_tokens];
        let numbers = numbers.map(|n| Cell::new(n.to_string()));
        let cost = Cell::new(usage.cost().to_string());
        table.row([vec![Cell::new(key)], numbers.to_vec(), vec![cost]].concat());
    };
    let nothing = if *by == UsageBy::Model { "(code)" } else { "(none)" };
    for (key, usage) in sums {
        row(key.as_deref().unwrap_or(nothing), usage);
    }
    row("total", total);
    table
}
