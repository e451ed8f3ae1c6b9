//! Version 3: the record of an attempt may hold what was appended to a list, in place of the whole list. The tables are
//! as they were, and so is everything in them; but a version that does not know the new form must not read them.

pub(super) const SQL: &str = "";
