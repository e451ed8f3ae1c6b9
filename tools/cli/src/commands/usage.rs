//! `usage`.

use crate::args::{UsageArgs, UsageBy};
use crate::console::Console;
use crate::exit::Exit;
use crate::json::usage::{BudgetDoc, UsageAnswer, UsageDoc, UsageKey, UsageLineDoc};
use crate::runs::{Budget, Runs};
use crate::stop::CliResult;
use crate::text::table::{Cell, Column, Table};
use crate::text::time::day;
use flujo::engine::UsageLine;
use flujo::{Cost, Usage};
use std::collections::BTreeMap;

pub(super) async fn execute(runs: &dyn Runs, args: &UsageArgs, console: &mut Console<'_>) -> CliResult {
    let lines = runs.usage(&args.filter(console.now())).await?;
    let budgets = runs.budgets().await?;
    let mut sums = BTreeMap::<Option<String>, Usage>::new();
    for line in &lines {
        *sums.entry(key(line, &args.by)).or_default() += line.usage;
    }
    let total: Usage = sums.values().copied().sum();
    if console.json {
        let lines = sums.iter().map(|(key, usage)| document(&args.by, key.as_deref(), usage)).collect();
        console.answer(&UsageAnswer {
            by: word(&args.by),
            lines,
            total: UsageDoc::from(&total),
            budgets: budgets.iter().map(BudgetDoc::from).collect(),
        })?;
    } else if !sums.is_empty() {
        console.table(&table(&args.by, &sums, &total))?;
    }
    if !console.json && !budgets.is_empty() {
        if !sums.is_empty() {
            console.line("")?;
        }
        console.table(&left(&budgets))?;
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

/// What is left of budgets.
fn left(budgets: &[Budget]) -> Table {
    let numbers = ["used", "limit", "left"].map(|title| Column::whole(title).right());
    let mut table =
        Table::new([vec![Column::whole("budget"), Column::whole("of")], numbers.to_vec()].concat());
    let money = |n: u64| Cost(n).to_string();
    let number = |n: u64| n.to_string();
    for Budget { name, limits, spent } in budgets {
        let mut row = |of: &str, used: u64, limit: Option<u64>, shown: &dyn Fn(u64) -> String| {
            let Some(limit) = limit else { return };
            let numbers = [used, limit, limit.saturating_sub(used)].map(|n| Cell::new(shown(n)));
            table.row([vec![Cell::new(name), Cell::new(of)], numbers.to_vec()].concat());
        };
        row("money", spent.cost().0, limits.cost.map(|cost| cost.0), &money);
        row("tokens", spent.total_tokens(), limits.total_tokens, &number);
        row("calls", spent.model_calls, limits.model_calls, &number);
    }
    table
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
