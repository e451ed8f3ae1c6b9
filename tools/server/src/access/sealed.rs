use super::tokens::Tokens;
use flujo::Secret;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes and checks texts that only this server can have made.
pub(super) struct Seal(Secret<Vec<u8>>);

impl Seal {
    /// With tokens, the key follows from them: forms that were shown before a restart are still good after it.
    pub(super) fn new(tokens: &Tokens) -> Self {
        let mut sum = Sha256::new();
        sum.update(b"flujo-server forms");
        for token in tokens.iter() {
            sum.update(Sha256::digest(token.secret.expose().as_bytes()));
        }
        if tokens.iter().next().is_none() {
            let mut random = [0; 32];
            if getrandom::fill(&mut random).is_err() {
                // The keys of the standard library's hash maps are random too.
                for part in random.chunks_mut(8) {
                    let word = RandomState::new().build_hasher().finish();
                    part.copy_from_slice(&word.to_le_bytes());
                }
            }
            sum.update(random);
        }
        Self(Secret::new(sum.finalize().to_vec()))
    }

    /// The seal of a text, for one purpose.
    pub(super) fn of(&self, purpose: &str, text: &str) -> String {
        seal(self.0.expose(), purpose, text)
    }

    pub(super) fn fits(&self, shown: &str, purpose: &str, text: &str) -> bool {
        fits(self.0.expose(), shown, purpose, text)
    }
}

/// The seal of a text with a key, as 64 hexadecimal digits.
pub(super) fn seal(key: &[u8], purpose: &str, text: &str) -> String {
    let mut digits = String::with_capacity(64);
    for byte in mac(key, purpose, text) {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Compares a seal in constant time.
pub(super) fn fits(key: &[u8], shown: &str, purpose: &str, text: &str) -> bool {
    use subtle::ConstantTimeEq;
    seal(key, purpose, text).as_bytes().ct_eq(shown.as_bytes()).into()
}

fn mac(key: &[u8], purpose: &str, text: &str) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}
