"""The tables of the catalogue, the proofs of their rows, and how an older catalogue gains what it lacks."""

from __future__ import annotations

from vectorstore.errors import LibraryDamaged, LibraryNewer
from vectorstore.storage import stories, tags, watches
from vectorstore.storage.articles import outlet_names
from vectorstore.storage.database import Database
from vectorstore.storage.sqlite import proof_of

SCHEMA_VERSION = 6
"""2 since there are groups of copies, 3 since rows hold proofs, 4 since articles have pages, 5 since removed articles
and watched addresses are kept, 6 since articles have tags and outlets names. An older catalogue is read as it is and
gains what it lacks when it is opened for writing."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    published TEXT,
    published_from TEXT NOT NULL,
    updated TEXT,
    added TEXT NOT NULL,
    source TEXT,
    url TEXT,
    authors TEXT NOT NULL,
    origin TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready')),
    proof BLOB,
    pages TEXT
);
CREATE INDEX articles_by_digest ON articles (digest);
CREATE INDEX articles_by_published ON articles (published);
CREATE INDEX articles_pending ON articles (state) WHERE state = 'pending';
CREATE TABLE versions (
    article_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    published TEXT,
    published_from TEXT NOT NULL,
    updated TEXT,
    added TEXT NOT NULL,
    source TEXT,
    url TEXT,
    authors TEXT NOT NULL,
    origin TEXT NOT NULL,
    replaced TEXT NOT NULL,
    proof BLOB,
    PRIMARY KEY (article_id, version)
) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id TEXT NOT NULL REFERENCES articles (id),
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    vector BLOB NOT NULL,
    proof BLOB
);
CREATE INDEX passages_by_article ON passages (article_id);
CREATE TABLE retired (passage_id INTEGER PRIMARY KEY);
"""

_SCHEMA_5 = """
CREATE TABLE IF NOT EXISTS removed (article_id TEXT PRIMARY KEY, moment TEXT NOT NULL, pages TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gone (article_id TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID;
"""
"""``removed`` names articles that stand in ``versions`` only, ``gone`` those whose page is no longer online."""

_MAPPED = 256 << 20
"""Bytes of the file that are mapped, and count as memory of this process: all of 80,000 passages. Mapped, vectors are
read in two thirds of the time; of a library of 300,000 passages, all mapped, the process was 1.9 GB large."""

COLUMNS = "id, version, title, text, published, published_from, updated, added, source, url, authors, origin"
"""What ``articles`` says of an article; ``versions`` has the same, with ``article_id`` in the place of ``id``."""

PROOFS = {
    table: proof_of(column if "(" in column else f"{table}.{column}" for column in columns)
    for table, columns in {
        # Without its text, which has a digest: so a list can be proven without reading the texts. With the number of
        # its passages, so that one which is lost shows.
        "articles": [
            *COLUMNS.replace(" text,", "").split(", "),
            "digest",
            "(SELECT COUNT(*) FROM passages WHERE article_id = articles.id)",
        ],
        "versions": ["article_id", *COLUMNS.split(", ")[1:], "replaced"],
        "passages": ["id", "article_id", "start", "stop", "vector"],
        "prints": list(stories.PROVEN),
    }.items()
}
"""By table, the SQL for the proof that a row holds."""


def prepare(database: Database) -> int:
    """Sets up the connection, makes the tables or those that are missing, and returns the version that is there now.

    Raises ``LibraryNewer`` for one of a newer program, and ``LibraryDamaged`` for a file of another one.
    """
    run, read_only = database.run, database.read_only
    with database.exclusively():
        version: int = run("PRAGMA user_version").fetchone()[0]
        if read_only:
            if version < 6:  # its articles have no tags, its outlets no names
                run(f"CREATE TEMP TABLE tags ({tags.COLUMNS})")
                run(f"CREATE TEMP TABLE outlets ({outlet_names.COLUMNS})")
                database.set_up = None
            run("PRAGMA query_only = ON")
        else:
            run("PRAGMA journal_mode = WAL")
        # FULL: an acknowledged article survives a power cut, not only a killed process.
        run("PRAGMA synchronous = FULL")
        run("PRAGMA foreign_keys = ON")
        mapped = f"PRAGMA mmap_size = {_MAPPED}"
        run(mapped)
        if database.set_up is not None:
            database.set_up = (mapped,)
    if version > SCHEMA_VERSION:
        raise LibraryNewer(
            "{path} was made by a newer version of this program (it says {version}, this one reads up to {expected}). "
            "Update the program: pip install --upgrade article-assistant",
            path=database.path,
            version=version,
            expected=SCHEMA_VERSION,
        )
    if version < 0 or (read_only and not version):
        raise LibraryDamaged(
            "{path} is not a catalogue of this version (it says {version}, expected {expected}). Use the program "
            "that made it, or add the articles to a new library.",
            path=database.path,
            version=version,
            expected=SCHEMA_VERSION,
        )
    if read_only:
        return version
    if version == 0:
        _make(database, _SCHEMA + stories.SCHEMA + _SCHEMA_5 + watches.SCHEMA + tags.SCHEMA + outlet_names.SCHEMA)
    elif version < SCHEMA_VERSION:
        unproven = [table for table in PROOFS if version < 3 and (version == 2 or table != "prints")]
        _make(
            database,
            (stories.SCHEMA if version == 1 else "")
            + "".join(f"ALTER TABLE {table} ADD COLUMN proof BLOB;\n" for table in unproven)
            + "".join(f"UPDATE {table} SET proof = {PROOFS[table]};\n" for table in unproven)
            + ("ALTER TABLE articles ADD COLUMN pages TEXT;\n" if version < 4 else "")
            + _SCHEMA_5
            + watches.SCHEMA
            + tags.SCHEMA
            + outlet_names.SCHEMA,
        )
    return SCHEMA_VERSION


def _make(database: Database, statements: str) -> None:
    with database.transaction():
        for statement in statements.split(";\n"):
            database.run(statement)
        database.run(f"PRAGMA user_version = {SCHEMA_VERSION}")
