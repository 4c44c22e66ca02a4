"""Copies the images of a made-up database until there are a million, to ask questions of that many.

Writing them all through the program takes half an hour on two cores; what is measured, the rate of further images and
the time of questions, needs only that they are there. The copies' numbers differ from the originals' by up to 10 %,
their hashes by a constant of each copy; indexes are made anew behind them.

Usage: multiply.py DATABASE [IMAGES]
"""

import random
import sqlite3
import sys
import time

TABLES = {
    "image_classes": "image_id + :ids, class_index, run_id, predicted_pixels, expected_wrong_pixels * :factor",
    "regions": "NULL, image_id + :ids, run_id, class_index, x, y, width, height, area_pixels, "
    "mean_error_probability * :factor, expected_wrong_pixels * :factor, alternative_class, boundary_length, placement",
    "histograms": "image_id + :ids, bin, pixels",
}
IMAGE = """
    id + :ids, run_id, printf('camera-%02d/%07d.jpg', (id + :ids) / 20000, id + :ids), status, failure,
    printf('%d', :copy) || substr(content_sha256, 2), width, height, mean_error_probability * :factor,
    expected_wrong_pixels * :factor, error_p50, error_p90, error_p95, error_p99, mean_confidence, mean_entropy * :factor,
    worst_region_pixels * :factor, printf('%d', :copy) || substr(image_sha256, 2), file_stamp,
    (perceptual_hash | :mask) - (perceptual_hash & :mask), duplicate_of + :ids, mean_margin * :factor,
    balanced_error_rate * :factor, region_count, region_wrong_pixels * :factor, region_boundary_length"""
COLUMNS = {"image_classes": "(image_id, class_index, run_id, predicted_pixels, expected_wrong_pixels)"}


def main(path, wanted):
    database = sqlite3.connect(path, isolation_level=None)
    # A copy that is lost is made again: no journal to speak of, and keys that are right by construction.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"):
        database.execute("PRAGMA " + pragma)
    indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    have, last = database.execute("SELECT count(*), max(id) FROM images").fetchone()
    start = time.time()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    copy, rest = 0, wanted - have
    while rest > 0:
        copy += 1
        mask = random.Random(copy).getrandbits(63)
        values = {"ids": copy * last, "copy": copy, "factor": 1 - copy / 100, "mask": mask}
        limit = f"<= {min(rest, last)}"
        database.execute("BEGIN")
        database.execute(f"INSERT INTO images SELECT {IMAGE} FROM images WHERE id {limit}", values)
        for table, columns in TABLES.items():
            database.execute(
                f"INSERT INTO {table} {COLUMNS.get(table, '')} SELECT {columns} FROM {table} WHERE image_id {limit}",
                values)
        database.execute("COMMIT")
        rest -= min(rest, last)
        print(f"copy {copy}: {time.time() - start:.0f} s", flush=True)
    for name, sql in indexes:
        database.execute(sql)
        print(f"{name}: {time.time() - start:.0f} s", flush=True)
    database.execute("PRAGMA journal_mode = WAL")
    print(database.execute("SELECT count(*) FROM images").fetchone()[0], "images")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
