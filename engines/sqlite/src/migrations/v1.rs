//! Version 1: the tables.

pub(super) const SQL: &str = "
CREATE TABLE graphs (
    graph       INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    types       ANY NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    run         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    pipeline    TEXT NOT NULL,
    graph       INTEGER NOT NULL REFERENCES graphs,
    input       ANY NOT NULL,
    digest      BLOB NOT NULL,
    context     ANY NOT NULL,
    limits      TEXT,
    retries     INTEGER NOT NULL,
    seed_origin TEXT,
    created     INTEGER NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;

CREATE TABLE standings (
    run         INTEGER PRIMARY KEY REFERENCES runs,
    status      TEXT NOT NULL,
    owner       INTEGER REFERENCES owners,
    token       INTEGER NOT NULL,
    taken       INTEGER,
    changed     INTEGER NOT NULL,
    cancelled   INTEGER NOT NULL,
    replied     INTEGER NOT NULL,
    takeovers   INTEGER NOT NULL,
    active      INTEGER NOT NULL,
    context     ANY,
    output      ANY,
    failure     ANY,
    forgiven    TEXT,
    under_way   TEXT,
    stopped     TEXT,
    sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX standings_by_status ON standings (status, changed);
CREATE INDEX standings_by_owner ON standings (owner) WHERE owner IS NOT NULL;

CREATE TABLE records (
    record      INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
    position    INTEGER NOT NULL,
    path        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    n           INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    seeded      INTEGER,
    output      ANY,
    failure     ANY,
    parts       ANY,
    usage       TEXT,
    findings    ANY,
    cached      INTEGER,
    models      ANY,
    within      TEXT,
    started     INTEGER NOT NULL,
    ended       INTEGER NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_of_run ON records (run, position);

CREATE TABLE timers (
    timer       INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
    path        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    n           INTEGER NOT NULL,
    deadline    INTEGER NOT NULL,
    sum         INTEGER NOT NULL
) STRICT;
CREATE INDEX timers_of_run ON timers (run);

CREATE TABLE questions (
    question    INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
    path        TEXT NOT NULL,
    message     TEXT NOT NULL,
    shown       ANY,
    schema      ANY NOT NULL,
    asked       INTEGER NOT NULL,
    deadline    INTEGER,
    fallback    ANY,
    arms        TEXT,
    sum         INTEGER NOT NULL,
    answer      INTEGER,
    reply       ANY,
    replied_by  TEXT,
    replied_at  INTEGER,
    reply_sum   INTEGER
) STRICT;
CREATE UNIQUE INDEX questions_of_run ON questions (run, path);
CREATE INDEX questions_open ON questions (deadline) WHERE answer IS NULL;

CREATE TABLE ledger (
    entry       INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES runs,
    path        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    n           INTEGER NOT NULL,
    usage       TEXT NOT NULL,
    within      TEXT,
    sum         INTEGER NOT NULL,
    state       TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_of_run ON ledger (run);

CREATE TABLE owners (
    owner       INTEGER PRIMARY KEY AUTOINCREMENT,
    pid         INTEGER NOT NULL,
    started     INTEGER,
    boot        TEXT,
    space       TEXT,
    beat        INTEGER NOT NULL,
    seen        INTEGER NOT NULL
) STRICT;

CREATE TABLE inbox (
    note        INTEGER PRIMARY KEY,
    owner       INTEGER NOT NULL REFERENCES owners,
    run         INTEGER NOT NULL REFERENCES runs
) STRICT;
CREATE INDEX inbox_of_owner ON inbox (owner);
";
