//! Version 3: the record of an attempt may hold the elements that were appended to a list, in place of the
//! whole list. Tables and data are unchanged; but an older version of the code must not read the new form.

pub(super) const SQL: &str = "";
