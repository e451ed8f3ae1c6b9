use super::{Caller, Role};
use flujo::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The tokens that callers show.
#[derive(Default)]
pub(crate) struct Tokens {
    all: Vec<Token>,
    /// The first caller whose token is empty: it is no token, and lets no caller in.
    empty: Option<String>,
}

pub(super) struct Token {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) secret: Secret,
}

impl Token {
    pub(super) fn caller(&self) -> Caller {
        Caller::new(self.name.clone(), self.role)
    }
}

impl Tokens {
    pub(super) fn add(&mut self, name: String, role: Role, secret: Secret) {
        if secret.expose().trim().is_empty() {
            self.empty.get_or_insert(name);
            return;
        }
        self.all.push(Token { name, role, secret });
    }

    /// Returns true if callers need no token. Where one is empty they do: it was meant to be there.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.empty.is_none()
    }

    /// Returns a caller whose token is empty.
    pub(crate) fn empty(&self) -> Option<&str> {
        self.empty.as_deref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Token> {
        self.all.iter()
    }

    /// The token with this text. Digests are compared, all of them and in constant time: how long it takes says nothing
    /// about how much of a guess is right, or which token it is near.
    pub(super) fn matching(&self, text: &str) -> Option<&Token> {
        let digest = |text: &str| <[u8; 32]>::from(Sha256::digest(text.as_bytes()));
        let shown = digest(text);
        let mut found = None;
        for token in &self.all {
            if bool::from(digest(token.secret.expose()).ct_eq(&shown)) {
                found = Some(token);
            }
        }
        found
    }

    pub(super) fn find(&self, text: &str) -> Option<Caller> {
        self.matching(text).map(Token::caller)
    }
}
