//! Text between quotes. Most of it needs no escape, so it is read many bytes at a time, and
//! copied up to the next byte that has to be escaped; what comes out is what `serde_json` writes.

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = LOW << 7;

/// What puts the quote next to the control characters, which it leaves among themselves: all of them are at most
/// [`FOLDED`] then, and nothing else is.
const FOLD: u8 = 2;
const FOLDED: u8 = b'"' ^ FOLD;

/// Writes `text` with quotes around it.
#[inline]
pub(super) fn write_text(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some((plain, tail)) = rest.split_at_checked(plain_length(rest.as_bytes())) {
        out.push_str(plain);
        let mut chars = tail.chars();
        let Some(special) = chars.next() else { break };
        escape(out, special);
        rest = chars.as_str();
    }
    out.push('"');
}

/// How many bytes come before the first one that has to be escaped: a control character, a quote or a
/// backslash.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let Some(last) = bytes.last_chunk::<8>() else {
        return position(head(bytes).swap_bytes() | blanks(bytes.len())).min(bytes.len());
    };
    let mut seen = 0;
    // Every byte of a block is looked at, whatever was found: that becomes vector instructions.
    for block in bytes.as_chunks::<32>().0 {
        // Zero for a quote, a backslash and a control character.
        let rank = |b: u8| (b ^ FOLD).saturating_sub(FOLDED).min(b ^ b'\\');
        if block.iter().fold(false, |any, b| any | (rank(*b) == 0)) {
            break;
        }
        seen += 32;
    }
    for word in bytes.get(seen..).unwrap_or_default().as_chunks::<8>().0 {
        let at = position(u64::from_le_bytes(*word));
        if at < 8 {
            return seen + at;
        }
        seen += 8;
    }
    if seen == bytes.len() {
        return seen;
    }
    // The last bytes once more, together with some that were seen.
    bytes.len() - 8 + position(u64::from_le_bytes(*last))
}

/// Whether nothing in a name, whose [`head`] is known, has to be escaped. Names are short, and asked about all the time.
#[inline]
pub(super) fn is_plain(name: &[u8], head: u64) -> bool {
    if name.len() < 8 {
        // That there is such a byte is seen in either order; after the name there are blanks.
        return special(head | (LOW * 0x20) >> (8 * name.len())) & HIGH == 0;
    }
    plain_length(name) == name.len()
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

/// Blanks after the first `len` bytes of a word, of which there are less than eight.
#[inline]
const fn blanks(len: usize) -> u64 {
    (LOW * 0x20) << (8 * len)
}

/// The position in a word of the first byte that has to be escaped, first byte lowest; 8 if there is none.
#[inline]
const fn position(word: u64) -> usize {
    (special(word) & HIGH).trailing_zeros() as usize / 8
}

/// The lowest byte whose high bit is set is the first one that has to be escaped. (Sean Eron Anderson,
/// "Bit Twiddling Hacks": a byte that is less than `n`, a byte that is zero.)
#[inline]
const fn special(word: u64) -> u64 {
    let (folded, backslash) = (word ^ (LOW * FOLD as u64), word ^ (LOW * b'\\' as u64));
    (folded.wrapping_sub(LOW * (FOLDED as u64 + 1)) & !folded) | (backslash.wrapping_sub(LOW) & !backslash)
}

fn escape(out: &mut String, special: char) {
    let short = match special {
        '"' | '\\' => special,
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{c}' => 'f',
        '\r' => 'r',
        _ => {
            let digit = |n: u32| char::from_digit(n & 15, 16).unwrap_or('0');
            out.push_str("\\u00");
            out.push(digit(u32::from(special) >> 4));
            out.push(digit(u32::from(special)));
            return;
        }
    };
    out.push('\\');
    out.push(short);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        write_text(&mut out, text);
        out
    }

    #[test]
    fn what_is_written_is_what_serde_json_writes() {
        let chars = || (0..=0xff_u8).map(char::from).chain(['\u{2028}', '😀']);
        for len in 0..75 {
            for at in 0..len {
                for c in chars().filter(|c| len < 40 || !c.is_ascii_alphanumeric()) {
                    let text: String = (0..len).map(|i| if i == at { c } else { 'x' }).collect();
                    assert_eq!(Ok(written(&text)), serde_json::to_string(&text).map_err(|e| e.to_string()));
                }
            }
        }
        let every: String = chars().chain(chars().rev()).collect();
        assert_eq!(Ok(written(&every)), serde_json::to_string(&every).map_err(|e| e.to_string()));
    }

    #[test]
    fn a_name_is_plain_if_all_of_it_is() {
        for len in 0..20 {
            for (at, c) in (0..=len).flat_map(|at| (0..=0x7f_u8).map(move |c| (at, c))) {
                let name: Vec<u8> = (0..len).map(|i| if i == at { c } else { b'x' }).collect();
                assert_eq!(is_plain(&name, head(&name)), plain_length(&name) == name.len(), "{name:?}");
            }
        }
        for name in ["", "é", "ÿÿÿ", "é\u{1}"] {
            assert_eq!(is_plain(name.as_bytes(), head(name.as_bytes())), !name.ends_with('\u{1}'));
        }
    }

    #[test]
    fn heads_are_ordered_as_texts_are() {
        let texts = ["", "a", "a!", "aa", "aab", "aabb", "aabbc", "aabbcc", "aabbccd", "aabbccdd", "b", "é"];
        assert!(texts.is_sorted_by_key(|text| head(text.as_bytes())));
        let heads: std::collections::HashSet<_> = texts.iter().map(|text| head(text.as_bytes())).collect();
        assert_eq!(heads.len(), texts.len());
        assert_eq!(head(b"aabbccdd"), head(b"aabbccdde"));
    }
}
