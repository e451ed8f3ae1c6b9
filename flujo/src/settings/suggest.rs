//! The suggestion for a misspelt word: "did you mean `timeout`?".

/// The nearest of some words, if one is near enough.
pub(super) fn suggest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let most = (word.chars().count() / 3).max(1);
    let near = words.iter().map(|other| (distance(word, other), *other));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// How many letters have to be added, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let at = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX / 2);
    let (mut before, mut above): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    let mut last = None;
    for (i, ca) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        let mut left = None;
        for (j, &cb) in b.iter().enumerate() {
            let replaced = at(&above, j) + usize::from(ca != cb);
            let mut best = replaced.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if last == Some(cb) && left == Some(ca) && j > 0 {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
            left = Some(cb);
        }
        before = std::mem::replace(&mut above, row);
        last = Some(ca);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_only_what_is_near() {
        let words = ["timeout", "connect_timeout", "cost"];
        assert_eq!(suggest("tiemout", &words), Some("timeout"));
        assert_eq!(suggest("conect_timeout", &words), Some("connect_timeout"));
        assert_eq!(suggest("cots", &words), Some("cost"));
        assert_eq!(suggest("temperature", &words), None);
        assert_eq!(suggest("", &words), None);
    }
}
