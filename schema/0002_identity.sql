-- The database of errata, version 2: images are known by their content, maps are optional, and what happened to a run
-- and what people decided has its place. A database of version 1 becomes one of version 2 when errata next opens it;
-- what the new columns say of images audited before, the next audit of their folder fills in.

-- The views come back below, with what is new.
DROP VIEW ranked_images;
DROP VIEW worst_regions;
DROP VIEW class_summary;

-- Which per-pixel maps a run keeps: none, the error probability, or all four.
ALTER TABLE runs ADD COLUMN maps TEXT NOT NULL DEFAULT 'all' CHECK (maps IN ('none', 'error', 'all'));

-- How an image is known again. content_sha256 (version 1) covers all files that were judged: the image and, where
-- labels came from elsewhere, the label map and the confidence. An image whose file was renamed keeps its row and
-- gets the new path; one whose content changed is audited again.
ALTER TABLE images ADD COLUMN image_sha256 TEXT;  -- of the image file alone
-- Sizes and times of change of the files. Where they are as before, the files are not read again.
ALTER TABLE images ADD COLUMN file_stamp TEXT;
-- 64 bits that say what the image looks like: images whose hashes differ in at most 4 bits are near duplicates. NULL
-- for an image without structure.
ALTER TABLE images ADD COLUMN perceptual_hash INTEGER;
-- The image of the same run that this one repeats. In the order of their paths (bytewise), an image is a duplicate if
-- an earlier one that is no duplicate itself has the same image_sha256, or a hash within 4 bits; the first such is
-- its original. So each image that is left out with the duplicates has one left that looks like it.
ALTER TABLE images ADD COLUMN duplicate_of INTEGER REFERENCES images (id) ON DELETE SET NULL;

-- Runs that judge labels of their own: there the content is the image.
UPDATE images SET image_sha256 = content_sha256
WHERE run_id IN (SELECT id FROM runs WHERE json_extract(configuration, '$.pseudoLabels') IS NULL);

CREATE INDEX images_by_original ON images (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX images_by_file ON images (run_id, image_sha256, duplicate_of) WHERE image_sha256 IS NOT NULL;
-- Two hashes within 4 bits agree in at least one of five bands: near duplicates are found without looking at all.
CREATE INDEX images_by_hash_0 ON images (run_id, (perceptual_hash & 8191), duplicate_of, perceptual_hash)
  WHERE perceptual_hash IS NOT NULL;
CREATE INDEX images_by_hash_1 ON images (run_id, (perceptual_hash >> 13 & 8191), duplicate_of, perceptual_hash)
  WHERE perceptual_hash IS NOT NULL;
CREATE INDEX images_by_hash_2 ON images (run_id, (perceptual_hash >> 26 & 8191), duplicate_of, perceptual_hash)
  WHERE perceptual_hash IS NOT NULL;
CREATE INDEX images_by_hash_3 ON images (run_id, (perceptual_hash >> 39 & 8191), duplicate_of, perceptual_hash)
  WHERE perceptual_hash IS NOT NULL;
CREATE INDEX images_by_hash_4 ON images (run_id, (perceptual_hash >> 52 & 4095), duplicate_of, perceptual_hash)
  WHERE perceptual_hash IS NOT NULL;

-- What is predicted as each class in each image, as in version 1, but each row names its run: so its class is one of
-- the run's (foreign key), and a ranking by class needs no other table.
CREATE TABLE image_classes_of_runs (
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  class_index INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  predicted_pixels INTEGER NOT NULL CHECK (predicted_pixels > 0),
  expected_wrong_pixels REAL NOT NULL,
  expected_error_rate REAL GENERATED ALWAYS AS (expected_wrong_pixels / predicted_pixels) VIRTUAL,
  PRIMARY KEY (image_id, class_index),
  FOREIGN KEY (run_id, class_index) REFERENCES classes (run_id, class_index) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO image_classes_of_runs (image_id, class_index, run_id, predicted_pixels, expected_wrong_pixels)
SELECT image_id, class_index, images.run_id, predicted_pixels, image_classes.expected_wrong_pixels
FROM image_classes JOIN images ON images.id = image_id;

DROP TABLE image_classes;
ALTER TABLE image_classes_of_runs RENAME TO image_classes;

CREATE INDEX image_classes_by_wrong_pixels ON image_classes (run_id, class_index, expected_wrong_pixels DESC);
CREATE INDEX image_classes_by_error_rate ON image_classes (run_id, class_index, expected_error_rate DESC);

-- Connected areas of probable errors, as in version 1, with the run for the same two reasons.
CREATE TABLE regions_of_runs (
  id INTEGER PRIMARY KEY,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  run_id INTEGER NOT NULL,
  class_index INTEGER NOT NULL,     -- the pseudo-label of most of its pixels
  x INTEGER NOT NULL CHECK (x >= 0),
  y INTEGER NOT NULL CHECK (y >= 0),
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  area_pixels INTEGER NOT NULL CHECK (area_pixels BETWEEN 1 AND width * height),
  mean_error_probability REAL NOT NULL CHECK (mean_error_probability BETWEEN 0 AND 1),
  expected_wrong_pixels REAL NOT NULL CHECK (expected_wrong_pixels >= 0),
  FOREIGN KEY (run_id, class_index) REFERENCES classes (run_id, class_index) ON DELETE CASCADE
) STRICT;

INSERT INTO regions_of_runs (id, image_id, run_id, class_index, x, y, width, height, area_pixels,
  mean_error_probability, expected_wrong_pixels)
SELECT regions.id, image_id, images.run_id, class_index, x, y, regions.width, regions.height, area_pixels,
  regions.mean_error_probability, regions.expected_wrong_pixels
FROM regions JOIN images ON images.id = image_id;

DROP TABLE regions;
ALTER TABLE regions_of_runs RENAME TO regions;

CREATE INDEX regions_by_image ON regions (image_id);
CREATE INDEX regions_by_wrong_pixels ON regions (run_id, expected_wrong_pixels DESC);

-- What people decided on an image, or on one of its regions. The latest decision on a thing holds; earlier ones stay.
CREATE TABLE decisions (
  id INTEGER PRIMARY KEY,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  region_id INTEGER REFERENCES regions (id) ON DELETE CASCADE,  -- NULL: the whole image
  verdict TEXT NOT NULL CHECK (verdict IN ('right', 'wrong', 'unsure')),
  class_index INTEGER CHECK (class_index BETWEEN 0 AND 255),    -- what it is instead, where that was said
  author TEXT,
  note TEXT,
  decided_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
) STRICT;

CREATE INDEX decisions_by_image ON decisions (image_id, id);
CREATE INDEX decisions_by_region ON decisions (region_id, id) WHERE region_id IS NOT NULL;

-- What happened to a run, and when. Nothing else in the database depends on these rows.
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  image_id INTEGER REFERENCES images (id) ON DELETE SET NULL,   -- NULL: the run, or an image that is gone
  kind TEXT NOT NULL CHECK (kind IN (
    'started', 'continued', 'interrupted', 'finished',          -- the audit; a killed one leaves no event
    'failed', 'changed', 'renamed', 'decided')),                -- an image
  detail TEXT,                      -- failed: why; changed: the path; renamed: the old path; decided: the verdict
  happened_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
) STRICT;

CREATE INDEX events_by_run ON events (run_id, id);
CREATE INDEX events_by_image ON events (image_id) WHERE image_id IS NOT NULL;

CREATE TRIGGER decisions_are_events AFTER INSERT ON decisions BEGIN
  INSERT INTO events (run_id, image_id, kind, detail)
  SELECT run_id, id, 'decided', NEW.verdict FROM images WHERE id = NEW.image_id;
END;

-- Images from the worst to the best expected error rate, by run. Without duplicates: WHERE duplicate_of IS NULL.
CREATE VIEW ranked_images AS
SELECT runs.name AS run, images.path, images.width, images.height,
       images.mean_error_probability AS expected_error_rate, images.expected_wrong_pixels,
       images.worst_region_pixels, images.mean_entropy, images.mean_confidence,
       rank() OVER (PARTITION BY images.run_id ORDER BY images.mean_error_probability DESC) AS position,
       original.path AS duplicate_of,
       iif(original.image_sha256 = images.image_sha256, 'exact', iif(original.id IS NULL, NULL, 'near')) AS duplicate
FROM images
JOIN runs ON runs.id = images.run_id
LEFT JOIN images AS original ON original.id = images.duplicate_of
WHERE images.status = 'done';

-- Regions from the worst to the best.
CREATE VIEW worst_regions AS
SELECT runs.name AS run, images.path, classes.name AS class, regions.x, regions.y, regions.width, regions.height,
       regions.area_pixels, regions.mean_error_probability, regions.expected_wrong_pixels
FROM regions
JOIN images ON images.id = regions.image_id
JOIN runs ON runs.id = regions.run_id
JOIN classes ON classes.run_id = regions.run_id AND classes.class_index = regions.class_index
ORDER BY regions.expected_wrong_pixels DESC;

-- How much is predicted as each class, and how much of that is probably wrong.
CREATE VIEW class_summary AS
SELECT runs.name AS run, classes.name AS class, count(image_classes.image_id) AS images,
       coalesce(sum(image_classes.predicted_pixels), 0) AS predicted_pixels,
       coalesce(sum(image_classes.expected_wrong_pixels), 0) AS expected_wrong_pixels,
       sum(image_classes.expected_wrong_pixels) / sum(image_classes.predicted_pixels) AS expected_error_rate
FROM classes
JOIN runs ON runs.id = classes.run_id
LEFT JOIN image_classes ON image_classes.run_id = classes.run_id AND image_classes.class_index = classes.class_index
GROUP BY classes.run_id, classes.class_index;

-- What is predicted as each class in each image, with names.
CREATE VIEW class_images AS
SELECT runs.name AS run, classes.name AS class, images.path, image_classes.predicted_pixels,
       image_classes.expected_wrong_pixels, image_classes.expected_error_rate
FROM image_classes
JOIN images ON images.id = image_classes.image_id
JOIN classes ON classes.run_id = image_classes.run_id AND classes.class_index = image_classes.class_index
JOIN runs ON runs.id = image_classes.run_id;

PRAGMA user_version = 2;
