"""Writes what a database holds into a new one of an older version, to measure how long it takes to bring that up to date.

Usage: older.py DATABASE NEW VERSION
"""

import pathlib
import sqlite3
import sys

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "schema"


def main(source, target, version):
    # Made again if it is lost: no journal.
    database = sqlite3.connect(f"file:{target}?mode=rwc", uri=True, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
        database.execute("PRAGMA " + pragma)
    for migration in sorted(SCHEMA.glob("*.sql"))[:version]:
        database.executescript("BEGIN;" + migration.read_text() + "COMMIT;")
    indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    database.execute("ATTACH ? AS source", (f"file:{source}?mode=ro",))
    database.execute("PRAGMA foreign_keys = OFF")
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    for (table,) in database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
        # hidden: 0 for a column that is stored.
        columns = ", ".join(row[1] for row in database.execute(f"PRAGMA main.table_xinfo({table})") if row[6] == 0)
        database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM source.{table}")
    for _, sql in indexes:
        database.execute(sql)
    database.execute("PRAGMA journal_mode = WAL")
    print(database.execute("SELECT count(*) FROM main.images").fetchone()[0], "images, version", version)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
