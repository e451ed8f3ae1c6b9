use super::label;
use crate::text::time::Moment;
use clap::Args;
use flujo::clock::Timestamp;
use flujo::engine::{Period, UsageFilter};

#[derive(Clone, Debug, Args)]
pub(crate) struct UsageArgs {
    /// What the lines tell apart: day, pipeline, model or label=NAME
    #[arg(long, value_name = "WHAT", default_value = "day", value_parser = by)]
    pub(crate) by: UsageBy,
    /// Only attempts that ended at this time or later: a time, a day, or how long ago, such as `7d`
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// Only attempts that ended before this time
    #[arg(long, value_name = "WHEN")]
    until: Option<Moment>,
    /// Only runs of this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Only runs with this label; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UsageBy {
    Day,
    Pipeline,
    Model,
    Label(String),
}

fn by(text: &str) -> Result<UsageBy, String> {
    match (text, text.strip_prefix("label=")) {
        ("day", _) => Ok(UsageBy::Day),
        ("pipeline", _) => Ok(UsageBy::Pipeline),
        ("model", _) => Ok(UsageBy::Model),
        (_, Some(name)) if !name.is_empty() => Ok(UsageBy::Label(name.to_owned())),
        _ => Err("give day, pipeline, model or label=NAME".to_owned()),
    }
}

impl UsageArgs {
    pub(crate) fn filter(&self, now: Timestamp) -> UsageFilter {
        let at = |moment: Option<Moment>| moment.map(|moment| moment.resolve(now));
        let mut filter = UsageFilter::default().period(Period::new(at(self.since), at(self.until)));
        filter.pipeline.clone_from(&self.pipeline);
        filter.labels.clone_from(&self.labels);
        match &self.by {
            UsageBy::Label(name) => filter.by_label(name),
            _ => filter,
        }
    }
}
