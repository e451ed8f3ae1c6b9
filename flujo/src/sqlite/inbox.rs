//! Notes to the process that works on a run: somebody has answered, or cancelled it.

use super::live::Live;
use super::row::{Sound, sealed};
use super::standing::StandingRow;
use super::step::Step;
use super::writer::Desk;
use super::{Fault, load};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// Leaves a note for the owner of a run.
pub(super) fn leave(db: &Connection, owner: i64, run: i64) -> Result<(), Fault> {
    let cells = sealed("inbox", vec![Value::Integer(owner), Value::Integer(run)]);
    db.prepare_cached("INSERT INTO inbox (owner, run, sum) VALUES (?,?,?)")?
        .execute(params_from_iter(cells))?;
    Ok(())
}

/// Reads the notes for this process, tells its runs, and throws the notes away. What goes wrong is tried again
/// with the next note.
pub(super) fn deliver(desk: &Desk) -> Result<(), Fault> {
    if notes(&desk.db, desk.me)?.is_empty() {
        return Ok(());
    }
    // Between two transactions the number of a note may come to belong to another one.
    let step = Step::begin(&desk.db)?;
    for (note, run) in notes(&step, desk.me)? {
        let told = match run {
            Some(run) => tell(&step, &desk.live, run),
            // It cannot be read, so it may be for any of them.
            None => desk.live.runs().into_iter().try_for_each(|run| tell(&step, &desk.live, run)),
        };
        if told.is_ok() {
            step.prepare_cached("DELETE FROM inbox WHERE note = ?1")?.execute([note])?;
        }
    }
    step.commit()
}

/// Numbers of notes, each with its run, as far as that can be read.
fn notes(db: &Connection, me: i64) -> Result<Vec<(i64, Option<i64>)>, Fault> {
    let mut statement =
        db.prepare_cached("SELECT note, owner, run, sum FROM inbox WHERE owner = ?1 ORDER BY note")?;
    let mut rows = statement.query([me])?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next()? {
        let run = Sound::<2>::read("inbox", row, 1)?.map(|sound| sound.int(1)).transpose()?;
        notes.push((row.get(0)?, run));
    }
    Ok(notes)
}

/// Tells a run of this process what is written of it. One that is not here reads it when it begins.
pub(super) fn tell(db: &Connection, live: &Live, run: i64) -> Result<(), Fault> {
    let Some(entry) = live.entry(run) else { return Ok(()) };
    let (_, answered) = load::questions(db, run)?;
    for answered in answered {
        entry.record_reply(answered);
    }
    if StandingRow::find(db, run)?.standing.cancelled {
        entry.record_cancellation();
    }
    Ok(())
}
