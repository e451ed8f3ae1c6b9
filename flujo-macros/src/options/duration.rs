//! Durations as people write them: `"500ms"`, `"20s"`, `"2min"`, `"1h"`, `"1d"`.

use crate::diag;
use crate::mistake::{self, Mistake};
use syn::LitStr;

const MS: u64 = 1_000_000;
const UNITS: &[(&str, u64)] = &[
    ("ms", MS),
    ("s", 1000 * MS),
    ("min", 60 * 1000 * MS),
    ("h", 3600 * 1000 * MS),
    ("d", 24 * 3600 * 1000 * MS),
];
/// What else people write, and what we call it.
const OTHER: &[(&str, &str)] = &[
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("millis", "ms"),
    ("msec", "ms"),
    ("milliseconds", "ms"),
    ("m", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
];

/// The nanoseconds of a duration literal: more than zero, and no more than a `u64` holds.
pub(crate) fn duration(literal: &LitStr) -> syn::Result<u64> {
    nanos(&literal.value()).map_err(|(mistake, message)| diag::error(literal.span(), mistake, message))
}

fn nanos(text: &str) -> Result<u64, (Mistake, String)> {
    let wrong = |why: &str| {
        let reason = if why.is_empty() { String::new() } else { format!(": {why}") };
        let message = format!(
            "`{text}` is not a duration{reason}\n\
             write a whole number and a unit, such as \"500ms\", \"20s\", \"2min\", \"1h\" or \"1d\""
        );
        (mistake::not_a_duration, message)
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    if number.is_empty() {
        return Err(wrong(""));
    }
    if unit.is_empty() {
        return Err(wrong("the unit is missing"));
    }
    if unit.starts_with('.') {
        return Err(wrong("only whole numbers of a unit"));
    }
    if unit.starts_with(char::is_whitespace) {
        return Err(wrong("no space before the unit"));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        if unit.contains(|c: char| c.is_ascii_digit()) {
            return Err(wrong("one number and one unit only"));
        }
        let meant = OTHER
            .iter()
            .find(|(name, _)| *name == unit.to_lowercase())
            .map(|(_, unit)| *unit)
            .or_else(|| diag::did_you_mean(unit, UNITS.iter().map(|(name, _)| *name)));
        return Err(match meant {
            Some(unit) => {
                let message = format!(
                    "`{text}` is not a duration; did you mean \"{number}{unit}\"?\nunits are ms, s, min, h and d"
                );
                (mistake::not_a_duration, message)
            }
            None => wrong(&format!("unknown unit `{unit}`")),
        });
    };
    let total = number.parse::<u64>().ok().and_then(|n| n.checked_mul(*factor));
    match total {
        None => Err((
            mistake::duration_too_long,
            format!("`{text}` is too long\nthe longest duration is \"213503d\", about 584 years"),
        )),
        Some(0) => Err((mistake::duration_zero, format!("`{text}` is zero\na duration is longer than zero"))),
        Some(nanos) => Ok(nanos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit() {
        for (text, n) in [
            ("1ms", MS),
            ("500ms", 500 * MS),
            ("20s", 20_000 * MS),
            ("2min", 120_000 * MS),
            ("1h", 3_600_000 * MS),
            ("1d", 86_400_000 * MS),
            ("007s", 7_000 * MS),
            ("213503d", 213_503 * 86_400_000 * MS),
        ] {
            assert_eq!(nanos(text), Ok(n), "{text}");
        }
    }

    #[test]
    fn everything_else_says_why() {
        for (text, why) in [
            ("", "`` is not a duration\n"),
            ("s", "`s` is not a duration\n"),
            ("soon", "`soon` is not a duration\n"),
            ("-5s", "`-5s` is not a duration\n"),
            ("20", "the unit is missing"),
            ("1.5s", "only whole numbers"),
            ("20 s", "no space before the unit"),
            ("1h30min", "one number and one unit"),
            ("20sec", "did you mean \"20s\"?"),
            ("20S", "did you mean \"20s\"?"),
            ("2m", "did you mean \"2min\"?"),
            ("2 fortnights", "no space"),
            ("2fortnights", "unknown unit `fortnights`"),
            ("0s", "`0s` is zero"),
            ("0ms", "`0ms` is zero"),
            ("213504d", "too long"),
            ("99999999999999999999999s", "too long"),
        ] {
            let (_, message) = nanos(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
