//! Notes to the process that works on a run: somebody has answered, or cancelled it.

use super::live::Live;
use super::standing::StandingRow;
use super::writer::Desk;
use super::{Fault, load};
use rusqlite::Connection;

/// Leaves a note for the owner of a run.
pub(super) fn leave(db: &Connection, owner: i64, run: i64) -> Result<(), Fault> {
    db.prepare_cached("INSERT INTO inbox (owner, run) VALUES (?1, ?2)")?.execute([owner, run])?;
    Ok(())
}

/// Reads the notes for this process, tells its runs, and throws the notes away. What goes wrong is tried again
/// with the next note.
pub(super) fn deliver(desk: &mut Desk) {
    let Ok(notes) = notes(&desk.db, desk.me) else { return };
    let mut read = Vec::new();
    for (note, run) in notes {
        if tell(&desk.db, &desk.live, run).is_ok() {
            read.push(note);
        }
    }
    if let Some(last) = read.last() {
        let _ = desk.db.execute("DELETE FROM inbox WHERE owner = ?1 AND note <= ?2", [desk.me, *last]);
    }
}

fn notes(db: &Connection, me: i64) -> Result<Vec<(i64, i64)>, Fault> {
    let mut statement = db.prepare_cached("SELECT note, run FROM inbox WHERE owner = ?1 ORDER BY note")?;
    let notes = statement.query_map([me], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(notes.collect::<Result<_, _>>()?)
}

/// Tells a run of this process what is written of it. One that is not here reads it when it begins.
pub(super) fn tell(db: &Connection, live: &Live, run: i64) -> Result<(), Fault> {
    let Some(entry) = live.entry(run) else { return Ok(()) };
    let (_, answered) = load::questions(db, run)?;
    for answered in answered {
        entry.told(answered);
    }
    if StandingRow::find(db, run)?.standing.cancelled {
        entry.told_cancelled();
    }
    Ok(())
}
