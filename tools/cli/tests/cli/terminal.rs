//! A pseudo terminal: width, colours, and progress.

use crate::served::Served;
use crate::support::{Folder, flujo, letters};
use pty_process::Size;
use pty_process::blocking::{Command, open};
use std::io::Read;
use std::path::Path;

/// What a command prints on a terminal of this width.
fn on_terminal(
    folder: &Folder,
    program: &Path,
    words: &[&str],
    columns: u16,
    more: &[(&str, &str)],
) -> (i32, String) {
    watched_on_terminal(folder, program, words, columns, more, &mut |_| {})
}

/// The same, where somebody does something about what is seen.
fn watched_on_terminal(
    folder: &Folder,
    program: &Path,
    words: &[&str],
    columns: u16,
    more: &[(&str, &str)],
    seen: &mut dyn FnMut(&str),
) -> (i32, String) {
    let (mut terminal, side) = open().unwrap();
    terminal.resize(Size::new(24, columns)).unwrap();
    let mut command = Command::new(program).current_dir(folder.path()).env_clear().args(words);
    let environment =
        [("TERM", "xterm-256color"), ("LETTERS_DB", "runs.db"), ("LETTERS_NOW", crate::support::NOW)];
    for (name, value) in environment.iter().chain(more) {
        command = command.env(name, value);
    }
    let mut process = command.spawn(side).unwrap();
    let (mut text, mut piece) = (Vec::new(), [0; 4096]);
    // The terminal is gone with the process: that is an error of reading, and no end.
    while let Ok(n @ 1..) = terminal.read(&mut piece) {
        text.extend_from_slice(&piece[..n]);
        seen(&String::from_utf8_lossy(&text));
    }
    let code = process.wait().unwrap().code().unwrap();
    (code, String::from_utf8(text).unwrap().replace("\r\n", "\n"))
}

#[test]
fn tables_fit_and_have_colours() {
    let folder = Folder::with_runs();
    let list = ["--db", "runs.db", "list", "--order", "id"];
    let (code, out) = on_terminal(&folder, flujo(), &list, 40, &[]);
    assert_eq!(code, 0);
    let expected = "\
        \u{1b}[2mrun\u{1b}[0m  \u{1b}[2mstate\u{1b}[0m   \u{1b}[2mpipeline\u{1b}[0m  \u{1b}[2mnote\u{1b}[0m\n\
        l-1  \u{1b}[33mpaused\u{1b}[0m  letter    1 open question\n\
        l-2  \u{1b}[31mfailed\u{1b}[0m  letter    letter/greet: th…\n\
        n-1  \u{1b}[32mdone\u{1b}[0m    note\n";
    assert_eq!(out, expected);
}

#[test]
fn a_wider_terminal_shows_more() {
    let folder = Folder::with_runs();
    let list = ["--db", "runs.db", "list", "--order", "id"];
    let (code, out) = on_terminal(&folder, flujo(), &list, 80, &[("NO_COLOR", "1")]);
    let expected = "\
        run  state   pipeline  created (UTC)          cost  tokens  note\n\
        l-1  paused  letter    2026-11-29 23:31:06  $0.001      12  1 open question\n\
        l-2  failed  letter    2026-11-29 23:31:06                  letter/greet: there…\n\
        n-1  done    note      2026-11-29 23:31:06\n";
    assert_eq!((code, out.as_str()), (0, expected));
}

#[test]
fn no_color_turns_them_off_and_so_does_a_dumb_terminal() {
    let folder = Folder::with_runs();
    let list = ["--db", "runs.db", "list", "--order", "id"];
    let plain = "run  state   pipeline  note\n\
                 l-1  paused  letter    1 open question\n\
                 l-2  failed  letter    letter/greet: th…\n\
                 n-1  done    note\n";
    for more in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        assert_eq!(on_terminal(&folder, flujo(), &list, 40, &[more]), (0, plain.to_owned()), "{more:?}");
    }
    // An empty value says nothing (https://no-color.org).
    let (_, coloured) = on_terminal(&folder, flujo(), &list, 40, &[("NO_COLOR", "")]);
    assert!(coloured.contains("\u{1b}[33mpaused"), "{coloured:?}");
    // Off a terminal there are none in any case.
    assert!(!folder.flujo(&["list"]).out.contains('\u{1b}'));
}

#[test]
fn json_has_no_colours() {
    let folder = Folder::with_runs();
    let (_, out) = on_terminal(&folder, flujo(), &["--db", "runs.db", "list", "--json"], 40, &[]);
    assert!(out.starts_with("{\"runs\":[") && !out.contains('\u{1b}'), "{out:?}");
}

/// Watches a run that asks, replies once its moving line is there, and checks what was seen.
fn progress(folder: &Folder, place: [&str; 2], served: &Served) {
    let mut replied = false;
    let mut reply = |text: &str| {
        if !replied && text.contains(" paused, ") && text.contains(" attempts, $0.001") {
            replied = true;
            let said = served.flujo(folder, &["reply", "l-1", "letter/agreed", "true"]);
            assert_eq!(said.code, Some(0), "{said:?}");
        }
    };
    let watch = [&place[..], &["watch", "l-1", "--every", "50"]].concat();
    let (code, out) = watched_on_terminal(folder, flujo(), &watch, 60, &[], &mut reply);
    assert_eq!(code, 0, "{out}");
    // The last thing is the state, and the moving line is gone.
    let (_, after) = out.split_once("letter/agreed answered").unwrap();
    assert!(after.contains("the run is done"), "{out:?}");
    for once in ["letter/greet done", "letter/write done", "letter/post done"] {
        assert_eq!(out.matches(once).count(), 1, "{once}: {out:?}");
    }
}

/// A server that works on runs; its clock is that of the machine, because a worker waits.
fn working(folder: &Folder) -> Served {
    let mut command = folder.command(&letters());
    command.env_remove("LETTERS_NOW");
    Served::of(command, &["--work"])
}

#[test]
fn a_watched_run_shows_its_progress_and_leaves_only_lines() {
    let folder = Folder::with_runs();
    let served = working(&folder);
    progress(&folder, ["--db", "runs.db"], &served);
}

/// A run of a server moves too: its events say when to look.
#[test]
fn a_run_of_a_server_shows_its_progress() {
    let folder = Folder::with_runs();
    let served = working(&folder);
    progress(&folder, ["--server", &served.url], &served);
}

#[test]
fn help_fits_too() {
    let folder = Folder::new();
    for columns in [80, 40] {
        for words in [&["--help"][..], &["serve", "--help"], &["list", "-h"], &["start", "--help"]] {
            let (code, out) = on_terminal(&folder, flujo(), words, columns, &[]);
            assert_eq!(code, 0, "{out}");
            let wide = out.lines().find(|line| line.chars().count() > usize::from(columns));
            assert_eq!(wide, None, "{words:?} {columns}\n{out}");
        }
    }
}
