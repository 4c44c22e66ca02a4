-- The database of errata, version 8: the numbers of the images by columns, for conditions that no index answers.

-- What `errata query --where` asks of images stands in `images`, a row each, and SQLite needs a quarter of a microsecond
-- to look at one: 0.25 s for a million. So `errata audit` also keeps it by columns, an array each for the images with ids
-- from 16384 * block to 16384 * (block + 1) - 1 of one run, which are read and compared ten times as fast.
--
-- Nothing stands here that is not in `images`, and these triggers see to it that nothing old is read here: whatever
-- changes an image, in whatever program, marks its block as stale, and a stale block is read from `images`.
CREATE TABLE image_blocks (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  block INTEGER NOT NULL CHECK (block >= 0),
  is_current INTEGER NOT NULL DEFAULT 0 CHECK (is_current IN (0, 1)),  -- 0: image_columns does not hold the images as they are
  first_path TEXT,                  -- the least and the largest path, bytewise, in small letters a-z; NULL without images
  last_path TEXT,
  PRIMARY KEY (run_id, block)
) STRICT, WITHOUT ROWID;

-- Of the audited images of a block, in the order of their ids. `data` holds, little-endian and one after the other,
-- 'id': the ids less 16384 * block, as 16-bit integers;
-- 'path': where each path ends in the bytes that follow, as 32-bit integers; then the paths, each with a 0 at its end;
-- 'class 0' and so on, for the images in which the class is predicted: their ids as above; then as 64-bit floating-point
-- numbers all their predicted_pixels, then all their expected_wrong_pixels of that class (no row where there is none);
-- any other name, which is that of the column in `images`: 64-bit floating-point numbers, NaN for NULL.
CREATE TABLE image_columns (
  run_id INTEGER NOT NULL,
  block INTEGER NOT NULL,
  name TEXT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (run_id, block, name),
  FOREIGN KEY (run_id, block) REFERENCES image_blocks (run_id, block) ON DELETE CASCADE
) STRICT;

INSERT INTO image_blocks (run_id, block) SELECT DISTINCT run_id, id >> 14 FROM images;

CREATE TRIGGER images_enter_blocks AFTER INSERT ON images BEGIN
  INSERT INTO image_blocks (run_id, block) VALUES (NEW.run_id, NEW.id >> 14)
  ON CONFLICT DO UPDATE SET is_current = 0 WHERE is_current;
END;

CREATE TRIGGER images_leave_blocks AFTER DELETE ON images BEGIN
  UPDATE image_blocks SET is_current = 0 WHERE run_id = OLD.run_id AND block = OLD.id >> 14 AND is_current;
END;

CREATE TRIGGER images_change_blocks
AFTER UPDATE OF id, run_id, path, status, mean_error_probability, expected_wrong_pixels, worst_region_pixels,
  error_p50, error_p90, error_p95, error_p99, mean_confidence, mean_entropy, mean_margin, balanced_error_rate,
  width, height, duplicate_of, region_count, region_wrong_pixels, region_boundary_length
ON images BEGIN
  UPDATE image_blocks SET is_current = 0 WHERE run_id = OLD.run_id AND block = OLD.id >> 14 AND is_current;
  -- Not for an image that stays: its run may be going just now, and its blocks with it.
  INSERT INTO image_blocks (run_id, block)
  SELECT NEW.run_id, NEW.id >> 14 WHERE NEW.run_id <> OLD.run_id OR NEW.id >> 14 <> OLD.id >> 14
  ON CONFLICT DO UPDATE SET is_current = 0 WHERE is_current;
END;

CREATE TRIGGER image_classes_enter_blocks AFTER INSERT ON image_classes BEGIN
  UPDATE image_blocks SET is_current = 0 WHERE run_id = NEW.run_id AND block = NEW.image_id >> 14 AND is_current;
END;

CREATE TRIGGER image_classes_leave_blocks AFTER DELETE ON image_classes BEGIN
  UPDATE image_blocks SET is_current = 0 WHERE run_id = OLD.run_id AND block = OLD.image_id >> 14 AND is_current;
END;

CREATE TRIGGER image_classes_change_blocks AFTER UPDATE ON image_classes BEGIN
  UPDATE image_blocks SET is_current = 0 WHERE run_id = OLD.run_id AND block = OLD.image_id >> 14 AND is_current;
  UPDATE image_blocks SET is_current = 0 WHERE run_id = NEW.run_id AND block = NEW.image_id >> 14 AND is_current;
END;

-- What version 7 had instead: it took 0.2 to 0.4 s, and a page somewhere in the file for each new image.
DROP INDEX images_by_path_with_numbers;

PRAGMA user_version = 8;
