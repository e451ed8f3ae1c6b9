//! The wait that a provider asks for: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date.

use std::time::{Duration, SystemTime};

/// Returns the wait that the headers of a failed call ask for, counted from `now`; `None` if they are missing
/// or invalid. `retry-after-ms` takes precedence; a date in the past is a wait of zero.
///
/// ```
/// # use flujo::model::retry_after;
/// # use std::time::{Duration, SystemTime};
/// let header = |name: &str| (name == "retry-after").then_some("2");
/// assert_eq!(retry_after(header, SystemTime::now()), Some(Duration::from_secs(2)));
/// ```
pub fn retry_after<'h>(header: impl Fn(&str) -> Option<&'h str>, now: SystemTime) -> Option<Duration> {
    let millis = header("retry-after-ms").and_then(|text| number(text, 0.001));
    millis.or_else(|| {
        let text = header("retry-after")?;
        number(text, 1.0).or_else(|| {
            let at = http_date(text.trim())?;
            let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            Some(Duration::from_secs(at).saturating_sub(now))
        })
    })
}

/// Parses a number of units; some servers send decimals.
fn number(text: &str, unit: f64) -> Option<Duration> {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let n: f64 = plain.then(|| text.parse().ok()).flatten()?;
    Duration::try_from_secs_f64(n * unit).ok()
}

/// Parses the three date formats of RFC 9110, section 5.6.7, into seconds since 1970.
fn http_date(text: &str) -> Option<u64> {
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).collect();
    // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT, and Sun Nov  6 08:49:37 1994
    let ([_, day, month, year, time, "GMT"] | [_, month, day, time, year]) = *words.as_slice() else {
        return None;
    };
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = 1 + u64::try_from(months.iter().position(|name| *name == month)?).ok()?;
    let day = digits(day)?;
    let year = match (year.len(), digits(year)?) {
        // A two-digit year is of this century, unless that is decades ahead: no server asks for such a wait.
        (2, year) => year + if year < 70 { 2000 } else { 1900 },
        (_, year) => year,
    };
    let [hours, minutes, seconds] =
        time.split(':').map(digits).collect::<Option<Vec<u64>>>()?.try_into().ok()?;
    let valid = (1..=31).contains(&day) && hours < 24 && minutes < 60 && seconds <= 60;
    if !valid || !(1970..10_000).contains(&year) {
        return None;
    }
    Some(days_since_1970(year, month, day) * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Howard Hinnant's `days_from_civil`, for years from 1970.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn asked(list: &[(&str, &str)]) -> Option<Duration> {
        let header = |name: &str| list.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        retry_after(header, at(784_111_777))
    }

    #[test]
    fn milliseconds_go_before_seconds() {
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(asked(&[("retry-after", " 0.5 ")]), Some(Duration::from_millis(500)));
        assert_eq!(
            asked(&[("retry-after-ms", "1500"), ("retry-after", "9")]),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(asked(&[("retry-after-ms", "soon"), ("retry-after", "9")]), Some(Duration::from_secs(9)));
    }

    #[test]
    fn dates_of_all_three_forms() {
        // The date in the standard's example is 784111777 seconds after 1970.
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")]), Some(Duration::from_secs(3)));
        assert_eq!(asked(&[("retry-after", "Sunday, 06-Nov-94 08:49:40 GMT")]), Some(Duration::from_secs(3)));
        assert_eq!(asked(&[("retry-after", "Sun Nov  6 08:49:40 1994")]), Some(Duration::from_secs(3)));
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(Duration::ZERO));
        assert_eq!(asked(&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Thu, 29 Feb 2024 23:59:59 GMT"), Some(1_709_251_199));
        assert_eq!(http_date("Sun, 22 Nov 2026 21:55:00 GMT"), Some(1_795_384_500));
    }

    #[test]
    fn what_makes_no_sense_is_not_obeyed() {
        for text in [
            "",
            "soon",
            "-1",
            "1e9",
            "inf",
            "nan",
            "99999999999999999999999",
            "6 Nov",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1960 08:49:37 GMT",
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "é, 06 Nov 1994 08:49:37 CET",
        ] {
            assert_eq!(asked(&[("retry-after", text)]), None, "{text}");
        }
    }
}
