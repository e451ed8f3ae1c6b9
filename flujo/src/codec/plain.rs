//! Whether text can stand between quotes as it is: most text has nothing to escape, and looking eight
//! bytes at a time finds that out faster than writing it byte by byte.

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = LOW << 7;

/// Whether JSON holds the text unchanged: no control character, no quote, no backslash.
#[inline]
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk::<8>() else {
        return is_plain_head(head(bytes), bytes.len());
    };
    let (words, tail) = bytes.as_chunks::<8>();
    // Every word is looked at, whatever was found: the compiler turns that into vector instructions.
    let found = words.iter().fold(0, |found, word| found | special(u64::from_le_bytes(*word)));
    // The last bytes once more, together with some that were seen.
    let rest = if tail.is_empty() { 0 } else { special(u64::from_le_bytes(*last)) };
    (found | rest) & HIGH == 0
}

/// The first eight bytes, the first one highest: the order of heads is that of the texts, and text that
/// holds no zero byte and is no longer than that is told by its head.
#[inline]
pub(super) fn head(bytes: &[u8]) -> u64 {
    if let Some(first) = bytes.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    // Two halves that overlap, rather than byte by byte.
    let unused = 64 - 8 * bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_be_bytes(*first)) << 32 | u64::from(u32::from_be_bytes(*last)) << unused;
    }
    match *bytes {
        [a] => u64::from(a) << 56,
        [a, b] => u64::from(u16::from_be_bytes([a, b])) << 48,
        [a, b, c] => u64::from(u32::from_be_bytes([a, b, c, 0])) << 32,
        _ => 0,
    }
}

/// Whether text of less than eight bytes with this head is plain.
#[inline]
pub(super) fn is_plain_head(head: u64, len: usize) -> bool {
    // Blanks where the text has ended.
    special(head | (LOW * 0x20) >> (8 * len)) & HIGH == 0
}

/// The high bit of some byte is set if a byte has to be escaped, and of none if none has to be. (Sean Eron
/// Anderson, "Bit Twiddling Hacks": a byte that is less than `n`, a byte that is zero.)
#[inline]
const fn special(word: u64) -> u64 {
    let (quote, backslash) = (word ^ (LOW * b'"' as u64), word ^ (LOW * b'\\' as u64));
    (word.wrapping_sub(LOW * 0x20) & !word)
        | (quote.wrapping_sub(LOW) & !quote)
        | (backslash.wrapping_sub(LOW) & !backslash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_ordered_as_texts_are() {
        let texts = ["", "a", "a!", "aa", "aab", "aabb", "aabbc", "aabbcc", "aabbccd", "aabbccdd", "b", "é"];
        assert!(texts.is_sorted_by_key(|text| head(text.as_bytes())));
        let heads: std::collections::HashSet<_> = texts.iter().map(|text| head(text.as_bytes())).collect();
        assert_eq!(heads.len(), texts.len());
        assert_eq!(head(b"aabbccdd"), head(b"aabbccdde"));
    }

    #[test]
    fn finds_what_serde_json_escapes_at_every_place() {
        for len in 0..40 {
            for at in 0..len {
                for c in (0..=0xff_u8).map(char::from).chain(['\u{2028}', '😀']) {
                    let text: String = (0..len).map(|i| if i == at { c } else { 'x' }).collect();
                    let written = serde_json::to_string(&text).unwrap_or_default();
                    assert_eq!(is_plain(&text), written == format!("\"{text}\""), "{text:?}");
                }
            }
        }
    }
}
