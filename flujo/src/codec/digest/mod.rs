mod digest_writer;
#[cfg(test)]
mod tests;
mod value;

pub(super) use digest_writer::digest_of;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt;
use xxhash_rust::xxh3::xxh3_128;

/// A 128-bit digest of a value.
///
/// The digest of a value is made of XXH3, and the same where its canonical JSON is the same: it finds changed code,
/// not forgers, and is taken of every input. Names that leave the process are cut from a SHA-256.
///
/// ```
/// use flujo::codec::{Digest, Json, digest};
///
/// let value = Json::encode(&["Ada", "Grace"])?;
/// assert_eq!(value.digest(), Digest::of(value.as_str().as_bytes()));
/// // The digest of a value does not depend on its type; it is another one than that of its text.
/// assert_eq!(digest(&["Ada", "Grace"])?, digest(&vec!["Ada".to_owned(), "Grace".to_owned()])?);
/// assert_ne!(digest(&["Ada", "Grace"])?, value.digest());
/// assert_eq!(Digest::from_bytes(value.digest().to_bytes()), value.digest());
/// // Where a text ends counts.
/// assert_ne!(Digest::of_parts(&["ab", "c"]), Digest::of_parts(&["a", "bc"]));
///
/// // A record that was written before is taken as it is; `null` is a value too.
/// assert_eq!(Json::recorded(value.as_str()), value);
/// assert_eq!(Json::null().as_str(), "null");
/// # Ok::<(), flujo::codec::CodecError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
// Not a `u128`, whose alignment would make every record longer. The highest byte first: they are ordered as the number is.
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_bits(xxh3_128(bytes))
    }

    /// The first 128 bits of SHA-256 over several texts with a zero byte between them.
    pub fn of_parts(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                hash.update([0]);
            }
            hash.update(part.as_bytes());
        }
        let full = hash.finalize();
        Self(full.first_chunk().copied().unwrap_or_default())
    }

    /// The 128 bits, the highest first.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The digest of these bits.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    fn from_bits(bits: u128) -> Self {
        Self(bits.to_be_bytes())
    }

    /// The low 64 bits, as a seed.
    pub(crate) fn low(self) -> u64 {
        self.0.last_chunk().copied().map(u64::from_be_bytes).unwrap_or_default()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        u128::from_str_radix(&text, 16).map(Self::from_bits).map_err(serde::de::Error::custom)
    }
}
