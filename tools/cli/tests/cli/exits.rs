//! The exit code of each command, in each case that it has.

use crate::support::{Folder, Said, flujo};

#[test]
fn every_command_has_its_exit_codes() {
    let folder = Folder::with_runs();
    let cases: &[(i32, &[&str])] = &[
        (0, &["pipelines"]),
        (0, &["start", "note", "--input", "[\"Bob\",1]", "--id", "a"]),
        (1, &["start", "note", "--input", "[\"Bob\",2]", "--id", "a"]),
        (1, &["start", "note", "--input", "[\"Bob\",\"two\"]"]),
        (2, &["start", "note"]),
        (2, &["start", "note", "--input", "Bob"]),
        (2, &["start", "note", "--input", "[\"Bob\"]"]),
        (2, &["start", "note", "--input", "@missing.json"]),
        (2, &["start", "note", "--input", "[\"Bob\",1]", "--label", "tenant"]),
        (3, &["start", "nothing"]),
        (0, &["list"]),
        (2, &["list", "--state", "happy"]),
        (2, &["list", "--after", "nowhere"]),
        (2, &["list", "--created-since", "soon"]),
        (3, &["list", "--pipeline", "nothing"]),
        (0, &["show", "n-1"]),
        (0, &["show", "n-1", "--node", "note/sign"]),
        (3, &["show", "n-1", "--node", "note"]),
        (0, &["show", "n-1", "--node", "note", "--inputs"]),
        (3, &["show", "n-1", "--node", "note/seal"]),
        (3, &["show", "missing"]),
        (0, &["watch", "n-1"]),
        (1, &["watch", "l-2"]),
        (0, &["watch", "l-1", "--until-asked"]),
        (3, &["watch", "missing"]),
        (2, &["watch", "n-1", "--every", "0"]),
        (0, &["questions"]),
        (0, &["questions", "l-1"]),
        (3, &["questions", "n-1"]),
        (3, &["questions", "missing"]),
        (2, &["reply", "l-1", "letter/agreed", "yes"]),
        (1, &["reply", "l-1", "letter/agreed", "\"yes\""]),
        (3, &["reply", "l-1", "letter/other", "true"]),
        (3, &["reply", "missing", "letter/agreed", "true"]),
        (0, &["reply", "l-1", "letter/agreed", "true"]),
        (3, &["reply", "l-1", "letter/agreed", "true"]),
        (1, &["retry", "l-2"]),
        (1, &["retry", "n-1"]),
        (3, &["retry", "missing"]),
        (0, &["fork", "n-1", "--from", "note/sign", "--id", "n-2", "--wait"]),
        (1, &["fork", "l-1", "--from", "letter/write", "--id", "l-3"]),
        (3, &["fork", "n-1", "--from", "note/seal"]),
        (3, &["fork", "missing", "--from", "note/seal"]),
        (0, &["replay", "n-1"]),
        (3, &["replay", "missing"]),
        (0, &["export", "n-1"]),
        (3, &["export", "missing"]),
        (0, &["usage"]),
        (3, &["usage", "--pipeline", "note"]),
        (2, &["usage", "--by", "moon"]),
        (0, &["graph", "note"]),
        (3, &["graph", "nothing"]),
        (2, &["graph", "note", "--format", "oil"]),
        (2, &["serve", "--address", "nowhere"]),
        (2, &["serve", "--address", "0.0.0.0:0"]),
        (2, &["serve", "--token-file", "missing"]),
        (0, &["validate"]),
        (4, &["validate", "--fail-on-warn"]),
        (0, &["validate", "note", "--fail-on-warn"]),
        (3, &["validate", "nothing"]),
        (0, &["explain"]),
        (0, &["explain", "join_conflict"]),
        (0, &["explain", "[join_conflict]"]),
        (3, &["explain", "join_conflit"]),
        (3, &["explain", "E0308"]),
        (0, &["completions", "bash"]),
        (2, &["completions", "cmd"]),
        (0, &["cancel", "l-1"]),
        (0, &["cancel", "l-1"]),
        (1, &["cancel", "n-1"]),
        (3, &["cancel", "missing"]),
        (0, &["prune", "--older-than", "30d"]),
        (2, &["prune"]),
        (2, &["prune", "--older-than", "30"]),
        (2, &[]),
        (2, &["serve-tea"]),
        (0, &["--help"]),
        (0, &["list", "--help"]),
        (0, &["--version"]),
    ];
    for (code, words) in cases {
        let said = folder.letters(words);
        assert_eq!(said.code, Some(*code), "{words:?}: {said:?}");
        match *code {
            0 => assert!(!said.err.contains("error:"), "{words:?}: {said:?}"),
            2 => {
                assert!(said.err.starts_with("error: ") && said.out.is_empty(), "{words:?}: {said:?}");
                assert!(said.err.lines().count() <= 2, "{words:?}: {said:?}");
            }
            _ => assert!(said.err.lines().count() <= 2, "{words:?}: {said:?}"),
        }
    }
}

#[test]
fn a_database_says_what_needs_code() {
    let folder = Folder::with_runs();
    let without: &[&[&str]] = &[
        &["pipelines"],
        &["start", "note", "--input", "[\"Bob\",1]"],
        &["retry", "l-2"],
        &["fork", "n-1", "--from", "note/sign"],
        &["replay", "n-1"],
        &["graph", "note"],
        &["validate"],
        &["worker"],
        &["serve", "--work"],
        &["show", "n-1", "--inputs"],
    ];
    for words in without {
        let said = folder.flujo(words);
        let word = match words[0] {
            "show" => "show --inputs",
            "serve" => "serve --work",
            word => word,
        };
        let expected = format!(
            "error: `{word}` needs the code of the pipelines, which a database does not have\n\
             run it with the binary that has them: its `main` ends with `flujo_cli::run(flujo).await`\n"
        );
        assert_eq!(said, Said { code: Some(2), out: String::new(), err: expected });
    }
    for words in
        [["list", "--json"], ["questions", "l-1"], ["show", "n-1"], ["usage", "--json"], ["export", "n-1"]]
    {
        assert_eq!(folder.flujo(&words).code, Some(0), "{words:?}");
    }
}

#[test]
fn the_database_must_be_named() {
    let folder = Folder::new();
    let flujo = |words: &[&str]| Said::of(&folder.command(flujo()).args(words).output().unwrap());
    let refused = |words: &[&str], code, err: &str| {
        let err = format!("error: {err}\n");
        assert_eq!(flujo(words), Said { code: Some(code), out: String::new(), err }, "{words:?}");
    };
    let which = "which runs? give the file of their database, `flujo --db runs.db list`, or `--server` with an address";
    refused(&["list"], 2, which);
    let postgres =
        "there is no engine for PostgreSQL in this version; give the file of a database of flujo-sqlite";
    refused(&["--db", "postgres://ada@localhost/runs", "list"], 2, postgres);
    refused(
        &["--db", "s3://runs", "list"],
        2,
        "`s3://runs` is no file; give the path of a database of flujo-sqlite",
    );
    let missing = "there is no file `runs.db`; the binary with the pipelines creates it with its first run";
    refused(&["--db", "runs.db", "list"], 3, missing);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a wrong name creates no file");
    assert_eq!(flujo(&["completions", "zsh"]).code, Some(0));
    assert_eq!(flujo(&["explain", "join_conflict"]).code, Some(0));
}

#[test]
fn words_that_have_other_names_here_lead_to_commands() {
    let folder = Folder::new();
    for (word, meant) in [
        (
            "resume",
            "`retry` continues a failed run, `reply` one that waits, and `worker` or `serve --work` all others",
        ),
        ("events", "`watch` follows a run, and `show` and `export` print what is recorded of it"),
    ] {
        let expected = |program: &str| {
            let err = format!(
                "error: there is no command `{word}`: {meant}\n`{program} --help` says what can be given\n"
            );
            Said { code: Some(2), out: String::new(), err }
        };
        assert_eq!(folder.letters(&[word, "l-1"]), expected("letters"));
        assert_eq!(folder.flujo(&[word, "l-1"]), expected("flujo"));
    }
}

#[test]
fn a_run_that_waits_is_not_forked() {
    let folder = Folder::with_runs();
    for from in ["letter/agreed", "letter/write", "letter/none"] {
        let said = folder.letters(&["fork", "l-1", "--from", from]);
        let err = "error: run `l-1` has not ended: only an ended run can be forked\n".to_owned();
        assert_eq!(said, Said { code: Some(1), out: String::new(), err });
    }
}
