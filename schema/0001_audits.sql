-- The database of errata, version 1.
--
-- One file holds any number of runs. A run is one audit of one folder by one model. Every image of a run is written
-- in one transaction with all that belongs to it: an image is either complete here or not here at all.
--
-- Probabilities lie in 0…1. "Error probability" is the probability that a pixel's pseudo-label is wrong; its sum over
-- pixels is the expected number of wrong pixels. More is worse everywhere, but for confidence.

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  folder TEXT NOT NULL,             -- absolute path of the audited folder
  model_path TEXT NOT NULL,
  model_sha256 TEXT NOT NULL,
  configuration TEXT NOT NULL CHECK (json_valid(configuration)),  -- what the result depends on, as JSON
  program_version TEXT NOT NULL,
  created_at TEXT NOT NULL,         -- ISO 8601, UTC
  finished_at TEXT                  -- NULL while images remain
) STRICT;

-- The classes of a run, by index.
CREATE TABLE classes (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  class_index INTEGER NOT NULL CHECK (class_index BETWEEN 0 AND 255),
  name TEXT NOT NULL,
  red INTEGER NOT NULL CHECK (red BETWEEN 0 AND 255),
  green INTEGER NOT NULL CHECK (green BETWEEN 0 AND 255),
  blue INTEGER NOT NULL CHECK (blue BETWEEN 0 AND 255),
  PRIMARY KEY (run_id, class_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE images (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  path TEXT NOT NULL,               -- below the run's folder
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  failure TEXT,                     -- why, where status is 'failed'; the columns below are then NULL
  content_sha256 TEXT,              -- of the file's bytes
  width INTEGER,
  height INTEGER,
  mean_error_probability REAL,      -- the expected error rate
  expected_wrong_pixels REAL,
  error_p50 REAL,                   -- percentiles of the error probability
  error_p90 REAL,
  error_p95 REAL,
  error_p99 REAL,
  mean_confidence REAL,             -- of the maximum softmax
  mean_entropy REAL,                -- nats
  worst_region_pixels REAL,         -- expected wrong pixels of the worst region, 0 without one
  UNIQUE (run_id, path),
  CHECK ((status = 'failed') = (failure IS NOT NULL)),
  -- coalesce, because a CHECK lets NULL pass.
  CHECK (status = 'failed' OR coalesce(mean_error_probability BETWEEN 0 AND 1 AND width > 0 AND height > 0, FALSE)),
  CHECK (status = 'failed' OR (content_sha256 IS NOT NULL AND expected_wrong_pixels IS NOT NULL
    AND error_p50 IS NOT NULL AND error_p90 IS NOT NULL AND error_p95 IS NOT NULL AND error_p99 IS NOT NULL
    AND mean_confidence IS NOT NULL AND mean_entropy IS NOT NULL AND worst_region_pixels IS NOT NULL))
) STRICT;

CREATE INDEX images_by_error_rate ON images (run_id, mean_error_probability DESC);
CREATE INDEX images_by_wrong_pixels ON images (run_id, expected_wrong_pixels DESC);
CREATE INDEX images_by_worst_region ON images (run_id, worst_region_pixels DESC);
CREATE INDEX images_by_entropy ON images (run_id, mean_entropy DESC);
CREATE INDEX images_by_confidence ON images (run_id, mean_confidence);

-- What is predicted as each class in each image; classes that do not occur have no row.
CREATE TABLE image_classes (
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  class_index INTEGER NOT NULL,
  predicted_pixels INTEGER NOT NULL CHECK (predicted_pixels > 0),
  expected_wrong_pixels REAL NOT NULL,
  PRIMARY KEY (image_id, class_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX image_classes_by_class ON image_classes (class_index, expected_wrong_pixels DESC);

-- Connected areas of probable errors; the box is in pixels, x to the right, y down.
CREATE TABLE regions (
  id INTEGER PRIMARY KEY,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  class_index INTEGER NOT NULL,     -- the pseudo-label of most of its pixels
  x INTEGER NOT NULL,
  y INTEGER NOT NULL,
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  area_pixels INTEGER NOT NULL CHECK (area_pixels > 0),
  mean_error_probability REAL NOT NULL,
  expected_wrong_pixels REAL NOT NULL
) STRICT;

CREATE INDEX regions_by_image ON regions (image_id);
CREATE INDEX regions_by_wrong_pixels ON regions (expected_wrong_pixels DESC);

-- Pixels of an image by error probability: bin 0 is 0 to 0.05, bin 19 is 0.95 to 1.
CREATE TABLE histograms (
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  bin INTEGER NOT NULL CHECK (bin BETWEEN 0 AND 19),
  pixels INTEGER NOT NULL,
  PRIMARY KEY (image_id, bin)
) STRICT, WITHOUT ROWID;

-- Per-pixel maps, one byte a pixel, row-major, compressed with zlib. A byte b stands for b / 255 · full_scale
-- (labels: for the class index b itself).
CREATE TABLE maps (
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('label', 'error', 'confidence', 'entropy')),
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  full_scale REAL NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (image_id, kind)
) STRICT;

-- Images from the worst to the best expected error rate, by run.
CREATE VIEW ranked_images AS
SELECT runs.name AS run, images.path, images.width, images.height,
       images.mean_error_probability AS expected_error_rate, images.expected_wrong_pixels,
       images.worst_region_pixels, images.mean_entropy, images.mean_confidence,
       rank() OVER (PARTITION BY images.run_id ORDER BY images.mean_error_probability DESC) AS position
FROM images JOIN runs ON runs.id = images.run_id
WHERE images.status = 'done';

-- Regions from the worst to the best.
CREATE VIEW worst_regions AS
SELECT runs.name AS run, images.path, classes.name AS class, regions.x, regions.y, regions.width, regions.height,
       regions.area_pixels, regions.mean_error_probability, regions.expected_wrong_pixels
FROM regions
JOIN images ON images.id = regions.image_id
JOIN runs ON runs.id = images.run_id
JOIN classes ON classes.run_id = runs.id AND classes.class_index = regions.class_index
ORDER BY regions.expected_wrong_pixels DESC;

-- How much is predicted as each class, and how much of that is probably wrong.
CREATE VIEW class_summary AS
SELECT runs.name AS run, classes.name AS class, count(image_classes.image_id) AS images,
       coalesce(sum(image_classes.predicted_pixels), 0) AS predicted_pixels,
       coalesce(sum(image_classes.expected_wrong_pixels), 0) AS expected_wrong_pixels,
       sum(image_classes.expected_wrong_pixels) / sum(image_classes.predicted_pixels) AS expected_error_rate
FROM classes
JOIN runs ON runs.id = classes.run_id
LEFT JOIN images ON images.run_id = runs.id
LEFT JOIN image_classes ON image_classes.image_id = images.id AND image_classes.class_index = classes.class_index
GROUP BY classes.run_id, classes.class_index;

PRAGMA application_id = 0x65727261;  -- "erra"
PRAGMA user_version = 1;
