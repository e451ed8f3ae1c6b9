//! The files that this process has open.
//!
//! On Unix a process that closes a file releases all of its locks on the file, SQLite's own included. Another
//! process would then take the log for unused and delete it. So a file is read without SQLite only while this
//! process does not have it open.

use crate::StorageError;
use crate::open::examine;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of times that each file is open.
static OPEN: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

fn open() -> MutexGuard<'static, BTreeMap<PathBuf, usize>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Marks a file as open, until it is dropped.
pub(crate) struct OpenFile(PathBuf);

impl OpenFile {
    /// Checks a file before SQLite touches it, unless it is open here: then it was checked.
    pub(crate) fn examine(path: &Path) -> Result<Self, StorageError> {
        let name = canonical(path);
        let mut open = open();
        if !open.contains_key(&name) {
            examine(path)?;
        }
        *open.entry(name.clone()).or_default() += 1;
        Ok(Self(name))
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        let mut open = open();
        if let Some(times) = open.get_mut(&self.0) {
            *times -= 1;
            if *times == 0 {
                open.remove(&self.0);
            }
        }
    }
}

/// Returns one name per file, even if the file does not exist yet.
fn canonical(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let new = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(new).unwrap_or_else(|| path.to_owned())
}
