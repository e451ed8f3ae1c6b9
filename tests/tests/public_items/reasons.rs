//! The items that need no example, each with the reason why.

/// `path reason`, where a path that ends in `::*` is an item with all its members.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason<'t> {
    pub path: &'t str,
    pub with_members: bool,
    pub why: &'t str,
}

impl Reason<'_> {
    pub fn covers(&self, path: &str) -> bool {
        match path.strip_prefix(self.path) {
            Some("") => true,
            Some(rest) => self.with_members && rest.starts_with("::"),
            None => false,
        }
    }
}

/// Reads the file: a line for each reason, and lines that begin with `#`.
pub fn read(text: &str) -> Result<Vec<Reason<'_>>, String> {
    let mut found: Vec<Reason<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (path, why) = line.split_once(' ').ok_or(format!("`{line}` has no reason"))?;
        let (path, with_members) = path.strip_suffix("::*").map_or((path, false), |path| (path, true));
        if found.iter().any(|other| other.path == path) {
            return Err(format!("`{path}` is listed twice"));
        }
        found.push(Reason { path, with_members, why: why.trim() });
    }
    Ok(found)
}

#[test]
fn a_reason_covers_its_item_and_with_a_star_the_members() -> Result<(), String> {
    let reasons = read("# Text.\na::B one\na::C::* all of it\n")?;
    let covered = |path: &str| reasons.iter().find(|reason| reason.covers(path)).map(|reason| reason.why);
    assert_eq!(covered("a::B"), Some("one"));
    assert_eq!(covered("a::B::new"), None);
    assert_eq!(covered("a::C::new"), Some("all of it"));
    assert_eq!(covered("a::Cell"), None);
    assert_eq!(read("a::B\n"), Err("`a::B` has no reason".to_owned()));
    assert_eq!(read("a::B x\na::B y\n"), Err("`a::B` is listed twice".to_owned()));
    Ok(())
}
