use crate::text::time;
use clap::Args;
use flujo::UsageLimits;

/// Limits of a new run.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArgs {
    /// A limit of the new run: usd=0.50, tokens=50000, calls=20 or time=90s; may be given several times
    #[arg(long = "limit", value_name = "UNIT=AMOUNT", value_parser = limit)]
    limits: Vec<UsageLimits>,
}

impl LimitArgs {
    /// Returns the limits, if there are any; the last one of a unit counts.
    pub(crate) fn limits(&self) -> Option<UsageLimits> {
        self.limits.iter().copied().reduce(|earlier, later| later.or(earlier))
    }
}

fn limit(text: &str) -> Result<UsageLimits, String> {
    let wrong = || "give usd=0.50, tokens=50000, calls=20 or time=90s".to_owned();
    let (unit, amount) = text.split_once('=').ok_or_else(wrong)?;
    let number = || amount.parse::<u64>().map_err(|_| wrong());
    match unit {
        "usd" => UsageLimits::try_usd(amount).map_err(|error| error.to_string()),
        "tokens" => Ok(UsageLimits::NONE.total_tokens(number()?)),
        "calls" => Ok(UsageLimits::NONE.model_calls(number()?)),
        "time" => Ok(UsageLimits::NONE.active_time(time::duration(amount)?)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_unit_is_read_and_the_last_of_a_unit_counts() {
        let read =
            |texts: &[&str]| LimitArgs { limits: texts.iter().map(|text| limit(text).unwrap()).collect() };
        assert_eq!(read(&[]).limits(), None);
        let all =
            UsageLimits::usd("0.50").total_tokens(7).model_calls(2).active_time(Duration::from_secs(90));
        assert_eq!(read(&["usd=1", "tokens=7", "calls=2", "time=90s", "usd=0.50"]).limits(), Some(all));
        for wrong in ["", "usd", "usd=ten", "calls=-1", "calls=1.5", "time=soon", "eur=1"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
