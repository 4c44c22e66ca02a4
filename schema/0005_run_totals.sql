-- The database of errata, version 5: sums over a run are kept beside it, so that nobody adds up a million images to answer
-- how wrong a run is. Triggers keep them right in the transaction that writes or deletes an image, whatever program does
-- it. A database of version 4 gets its sums when errata next opens it.
--
-- Sums of real numbers depend on the order in which they were added, and what was added and taken away again leaves a
-- rest. So expected wrong pixels are summed as whole numbers of 1/65536 of a pixel, to which each image's (and each
-- class's in an image) are rounded: totals are equal for equal images, and off by 1/131072 of a pixel an image at most.

ALTER TABLE images ADD COLUMN expected_wrong_65536ths INTEGER
  GENERATED ALWAYS AS (CAST(round(expected_wrong_pixels * 65536) AS INTEGER)) VIRTUAL;
ALTER TABLE image_classes ADD COLUMN expected_wrong_65536ths INTEGER
  GENERATED ALWAYS AS (CAST(round(expected_wrong_pixels * 65536) AS INTEGER)) VIRTUAL;

-- Over the images of a run, one row a run.
CREATE TABLE run_totals (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  images INTEGER NOT NULL DEFAULT 0 CHECK (images >= 0),      -- those whose status is 'done'
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  pixels INTEGER NOT NULL DEFAULT 0 CHECK (pixels >= 0),
  expected_wrong_65536ths INTEGER NOT NULL DEFAULT 0 CHECK (expected_wrong_65536ths >= 0)
) STRICT;

-- What is predicted as each class in all images of a run, one row a class, also for those that do not occur.
CREATE TABLE class_totals (
  run_id INTEGER NOT NULL,
  class_index INTEGER NOT NULL,
  images INTEGER NOT NULL DEFAULT 0 CHECK (images >= 0),      -- in which the class is predicted
  predicted_pixels INTEGER NOT NULL DEFAULT 0 CHECK (predicted_pixels >= 0),
  expected_wrong_65536ths INTEGER NOT NULL DEFAULT 0 CHECK (expected_wrong_65536ths >= 0),
  PRIMARY KEY (run_id, class_index),
  FOREIGN KEY (run_id, class_index) REFERENCES classes (run_id, class_index) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Pixels of all images of a run by error probability, in the bins of the table histograms, one row a bin.
CREATE TABLE histogram_totals (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  bin INTEGER NOT NULL CHECK (bin BETWEEN 0 AND 19),
  pixels INTEGER NOT NULL DEFAULT 0 CHECK (pixels >= 0),
  PRIMARY KEY (run_id, bin)
) STRICT, WITHOUT ROWID;

-- NOT INDEXED: along an index of the run, every image would be looked for.
INSERT INTO run_totals (run_id, images, failed, pixels, expected_wrong_65536ths)
SELECT runs.id, count(images.id) FILTER (WHERE status = 'done'), count(images.id) FILTER (WHERE status = 'failed'),
  coalesce(sum(width * height), 0), coalesce(sum(expected_wrong_65536ths), 0)
FROM runs LEFT JOIN (SELECT * FROM images NOT INDEXED) AS images ON images.run_id = runs.id
GROUP BY runs.id;

INSERT INTO class_totals (run_id, class_index, images, predicted_pixels, expected_wrong_65536ths)
SELECT classes.run_id, classes.class_index, count(image_id), coalesce(sum(predicted_pixels), 0),
  coalesce(sum(expected_wrong_65536ths), 0)
FROM classes LEFT JOIN image_classes USING (run_id, class_index)
GROUP BY classes.run_id, classes.class_index;

WITH RECURSIVE bins (bin) AS (SELECT 0 UNION ALL SELECT bin + 1 FROM bins WHERE bin < 19)
INSERT INTO histogram_totals (run_id, bin) SELECT runs.id, bin FROM runs, bins;

UPDATE histogram_totals SET pixels = sums.pixels
FROM (
  SELECT images.run_id, bin, sum(pixels) AS pixels
  FROM images NOT INDEXED CROSS JOIN histograms ON image_id = images.id
  GROUP BY images.run_id, bin) AS sums
WHERE sums.run_id = histogram_totals.run_id AND sums.bin = histogram_totals.bin;

-- A run and its classes begin with totals of nothing.
CREATE TRIGGER runs_begin_totals AFTER INSERT ON runs BEGIN
  INSERT INTO run_totals (run_id) VALUES (NEW.id);
  INSERT INTO histogram_totals (run_id, bin)
  WITH RECURSIVE bins (bin) AS (SELECT 0 UNION ALL SELECT bin + 1 FROM bins WHERE bin < 19)
  SELECT NEW.id, bin FROM bins;
END;

CREATE TRIGGER classes_begin_totals AFTER INSERT ON classes BEGIN
  INSERT INTO class_totals (run_id, class_index) VALUES (NEW.run_id, NEW.class_index);
END;

-- What comes is added, what goes is subtracted; a change is both.
CREATE TRIGGER images_add_to_totals AFTER INSERT ON images BEGIN
  UPDATE run_totals SET
    images = images + (NEW.status = 'done'), failed = failed + (NEW.status = 'failed'),
    pixels = pixels + coalesce(NEW.width * NEW.height, 0),
    expected_wrong_65536ths = expected_wrong_65536ths + coalesce(NEW.expected_wrong_65536ths, 0)
  WHERE run_id = NEW.run_id;
END;

CREATE TRIGGER images_leave_totals AFTER DELETE ON images BEGIN
  UPDATE run_totals SET
    images = images - (OLD.status = 'done'), failed = failed - (OLD.status = 'failed'),
    pixels = pixels - coalesce(OLD.width * OLD.height, 0),
    expected_wrong_65536ths = expected_wrong_65536ths - coalesce(OLD.expected_wrong_65536ths, 0)
  WHERE run_id = OLD.run_id;
END;

CREATE TRIGGER images_change_totals
AFTER UPDATE OF run_id, status, width, height, expected_wrong_pixels ON images BEGIN
  UPDATE run_totals SET
    images = images - (OLD.status = 'done'), failed = failed - (OLD.status = 'failed'),
    pixels = pixels - coalesce(OLD.width * OLD.height, 0),
    expected_wrong_65536ths = expected_wrong_65536ths - coalesce(OLD.expected_wrong_65536ths, 0)
  WHERE run_id = OLD.run_id;
  UPDATE run_totals SET
    images = images + (NEW.status = 'done'), failed = failed + (NEW.status = 'failed'),
    pixels = pixels + coalesce(NEW.width * NEW.height, 0),
    expected_wrong_65536ths = expected_wrong_65536ths + coalesce(NEW.expected_wrong_65536ths, 0)
  WHERE run_id = NEW.run_id;
END;

CREATE TRIGGER image_classes_add_to_totals AFTER INSERT ON image_classes BEGIN
  UPDATE class_totals SET
    images = images + 1, predicted_pixels = predicted_pixels + NEW.predicted_pixels,
    expected_wrong_65536ths = expected_wrong_65536ths + NEW.expected_wrong_65536ths
  WHERE run_id = NEW.run_id AND class_index = NEW.class_index;
END;

CREATE TRIGGER image_classes_leave_totals AFTER DELETE ON image_classes BEGIN
  UPDATE class_totals SET
    images = images - 1, predicted_pixels = predicted_pixels - OLD.predicted_pixels,
    expected_wrong_65536ths = expected_wrong_65536ths - OLD.expected_wrong_65536ths
  WHERE run_id = OLD.run_id AND class_index = OLD.class_index;
END;

CREATE TRIGGER image_classes_change_totals
AFTER UPDATE OF run_id, class_index, predicted_pixels, expected_wrong_pixels ON image_classes BEGIN
  UPDATE class_totals SET
    images = images - 1, predicted_pixels = predicted_pixels - OLD.predicted_pixels,
    expected_wrong_65536ths = expected_wrong_65536ths - OLD.expected_wrong_65536ths
  WHERE run_id = OLD.run_id AND class_index = OLD.class_index;
  UPDATE class_totals SET
    images = images + 1, predicted_pixels = predicted_pixels + NEW.predicted_pixels,
    expected_wrong_65536ths = expected_wrong_65536ths + NEW.expected_wrong_65536ths
  WHERE run_id = NEW.run_id AND class_index = NEW.class_index;
END;

CREATE TRIGGER histograms_add_to_totals AFTER INSERT ON histograms BEGIN
  UPDATE histogram_totals SET pixels = pixels + NEW.pixels
  WHERE run_id = (SELECT run_id FROM images WHERE id = NEW.image_id) AND bin = NEW.bin;
END;

CREATE TRIGGER histograms_leave_totals AFTER DELETE ON histograms BEGIN
  UPDATE histogram_totals SET pixels = pixels - OLD.pixels
  WHERE run_id = (SELECT run_id FROM images WHERE id = OLD.image_id) AND bin = OLD.bin;
END;

CREATE TRIGGER histograms_change_totals AFTER UPDATE ON histograms BEGIN
  UPDATE histogram_totals SET pixels = pixels - OLD.pixels
  WHERE run_id = (SELECT run_id FROM images WHERE id = OLD.image_id) AND bin = OLD.bin;
  UPDATE histogram_totals SET pixels = pixels + NEW.pixels
  WHERE run_id = (SELECT run_id FROM images WHERE id = NEW.image_id) AND bin = NEW.bin;
END;

-- A histogram's run is that of its image: so it goes before the image does, and not by the foreign key behind it. The
-- classes go with it, so that totals are right even where a program leaves PRAGMA foreign_keys off.
CREATE TRIGGER images_take_what_is_summed BEFORE DELETE ON images BEGIN
  DELETE FROM histograms WHERE image_id = OLD.id;
  DELETE FROM image_classes WHERE image_id = OLD.id;
END;

-- Which images failed, without a look at the others.
CREATE INDEX images_failed ON images (run_id, path) WHERE status = 'failed';

-- How many images of a run were audited, and how many of their pixels are probably wrong.
CREATE VIEW run_summary AS
SELECT runs.name AS run, images, failed, pixels, expected_wrong_65536ths / 65536.0 AS expected_wrong_pixels,
       expected_wrong_65536ths / 65536.0 / nullif(pixels, 0) AS expected_error_rate
FROM run_totals JOIN runs ON runs.id = run_id;

-- How much is predicted as each class, and how much of that is probably wrong; from the totals.
DROP VIEW class_summary;
CREATE VIEW class_summary AS
SELECT runs.name AS run, classes.name AS class, images, predicted_pixels,
       expected_wrong_65536ths / 65536.0 AS expected_wrong_pixels,
       expected_wrong_65536ths / 65536.0 / nullif(predicted_pixels, 0) AS expected_error_rate
FROM class_totals
JOIN classes USING (run_id, class_index)
JOIN runs ON runs.id = run_id;

PRAGMA user_version = 5;
