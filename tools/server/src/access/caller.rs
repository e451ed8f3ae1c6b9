use crate::problem::{Kind, Problem};
use std::fmt;

/// The permissions of a caller: each has those before it.
///
/// ```
/// use flujo_server::Role;
/// assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
/// assert_eq!("operator".parse(), Ok(Role::Operator));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Sees everything, and changes nothing.
    Viewer,
    /// Starts, answers, cancels, retries and forks runs.
    Operator,
    /// Deletes runs.
    Admin,
}

impl Role {
    /// Returns the role as a word.
    ///
    /// ```
    /// use flujo_server::Role;
    /// assert_eq!(Role::Admin.word(), "admin");
    /// ```
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Role {
    type Err = ParseRoleError;
    fn from_str(text: &str) -> Result<Self, ParseRoleError> {
        let all = [Self::Viewer, Self::Operator, Self::Admin];
        all.into_iter().find(|role| role.word() == text).ok_or(ParseRoleError)
    }
}

/// The error of a word that is no [`Role`].
///
/// ```
/// use flujo_server::{ParseRoleError, Role};
/// let refused: ParseRoleError = "root".parse::<Role>().unwrap_err();
/// assert_eq!(refused.to_string(), "not a role: write `viewer`, `operator` or `admin`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseRoleError;

impl fmt::Display for ParseRoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a role: write `viewer`, `operator` or `admin`")
    }
}
impl std::error::Error for ParseRoleError {}

/// The person or program that asks.
///
/// ```
/// use flujo_server::{Caller, Role};
/// let caller = Caller::new("ops", Role::Operator);
/// assert_eq!((caller.name(), caller.role()), (Some("ops"), Role::Operator));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    name: Option<String>,
    role: Role,
}

impl Caller {
    /// Creates a caller with a name, which is recorded with what it changes.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: Some(name.into()), role }
    }

    /// Creates a caller without a name.
    ///
    /// ```
    /// use flujo_server::{Caller, Role};
    /// assert_eq!(Caller::anonymous(Role::Viewer).name(), None);
    /// ```
    pub const fn anonymous(role: Role) -> Self {
        Self { name: None, role }
    }

    /// Returns the name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Checks that the caller has the permissions of a role.
    pub(crate) fn require(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        let what = format!("this takes the role `{role}`, and the caller has the role `{}`", self.role);
        Err(Problem::new(Kind::Forbidden, what))
    }
}
