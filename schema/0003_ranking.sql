-- The database of errata, version 3: more orders to rank images by, what a region is likely to be instead, what an image
-- looks like to the network, and how far the estimated error rates can be trusted. For images audited before, the
-- columns that only a new audit can fill are NULL; such images come last in the orders that need them.

-- The mean over the image's pixels of the label's softmax probability less that of the best other class.
ALTER TABLE images ADD COLUMN mean_margin REAL CHECK (mean_margin BETWEEN -1 AND 1);
-- The mean over the classes predicted on at least 0.1 % of the image of the expected error rate in each.
ALTER TABLE images ADD COLUMN balanced_error_rate REAL CHECK (balanced_error_rate BETWEEN 0 AND 1);
-- Of the image's regions: how many, what they are expected to hold in wrong pixels, and how long their outlines are.
ALTER TABLE images ADD COLUMN region_count INTEGER CHECK (region_count >= 0);
ALTER TABLE images ADD COLUMN region_wrong_pixels REAL CHECK (region_wrong_pixels >= 0);
ALTER TABLE images ADD COLUMN region_boundary_length INTEGER CHECK (region_boundary_length >= 0);
-- Wrong pixels that correcting the regions mends in a minute of work, where looking at an image takes 20 s, each region
-- 7 s more, and each pixel of outline 0.1 s.
ALTER TABLE images ADD COLUMN gain_per_minute REAL GENERATED ALWAYS AS (
  60.0 * region_wrong_pixels / (20.0 + 7.0 * region_count + 0.1 * region_boundary_length)) VIRTUAL;

UPDATE images SET
  balanced_error_rate = coalesce((
    SELECT avg(c.expected_wrong_pixels / c.predicted_pixels) FROM image_classes AS c
    WHERE c.image_id = images.id AND c.predicted_pixels >= 0.001 * images.width * images.height), 0),
  region_count = (SELECT count(*) FROM regions WHERE regions.image_id = images.id),
  region_wrong_pixels = (
    SELECT coalesce(sum(regions.expected_wrong_pixels), 0) FROM regions WHERE regions.image_id = images.id)
WHERE status = 'done';

CREATE INDEX images_by_margin ON images (run_id, mean_margin);
CREATE INDEX images_by_balanced_error_rate ON images (run_id, balanced_error_rate DESC);
CREATE INDEX images_by_gain ON images (run_id, gain_per_minute DESC);

-- The class that a region is most likely to be instead: the second best of the network, or the best where the judged
-- label came from elsewhere. NULL: not known.
ALTER TABLE regions ADD COLUMN alternative_class INTEGER CHECK (alternative_class BETWEEN 0 AND 255);
-- Edges of pixels around the region.
ALTER TABLE regions ADD COLUMN boundary_length INTEGER CHECK (boundary_length > 0);
-- 'boundary': at least half of its pixels are within 3 pixels of another label, an outline is off; else 'interior': a
-- thing, or part of one, has the wrong class.
ALTER TABLE regions ADD COLUMN placement TEXT CHECK (placement IN ('boundary', 'interior'));

-- The mean of the encoder's features over an image: images that look alike to the network have alike embeddings.
CREATE TABLE embeddings (
  image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
  dimensions INTEGER NOT NULL CHECK (dimensions > 0),
  data BLOB NOT NULL CHECK (length(data) = 4 * dimensions)  -- 32-bit floats, little-endian
) STRICT;

-- In what range the true error rate of a run lies, by the bootstrap over the images that the model was calibrated on;
-- no row without a calibration. class_index NULL: of all pixels; else of those that are labelled as this class.
CREATE TABLE error_rate_intervals (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  class_index INTEGER,
  estimate REAL NOT NULL CHECK (estimate BETWEEN 0 AND 1),   -- what the interval was made around
  lower REAL NOT NULL CHECK (lower BETWEEN 0 AND 1),
  upper REAL NOT NULL CHECK (upper BETWEEN lower AND 1),
  coverage REAL NOT NULL CHECK (coverage > 0 AND coverage < 1),  -- 0.95: true rates lie inside in 95 % of such batches
  calibration_images INTEGER NOT NULL CHECK (calibration_images > 1),
  FOREIGN KEY (run_id, class_index) REFERENCES classes (run_id, class_index) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX error_rate_intervals_by_run ON error_rate_intervals (run_id, coalesce(class_index, -1));

-- Regions from the worst to the best, with what they are likely to be instead.
DROP VIEW worst_regions;
CREATE VIEW worst_regions AS
SELECT runs.name AS run, images.path, classes.name AS class, regions.x, regions.y, regions.width, regions.height,
       regions.area_pixels, regions.mean_error_probability, regions.expected_wrong_pixels,
       alternatives.name AS likely_class, regions.placement, regions.boundary_length
FROM regions
JOIN images ON images.id = regions.image_id
JOIN runs ON runs.id = regions.run_id
JOIN classes ON classes.run_id = regions.run_id AND classes.class_index = regions.class_index
LEFT JOIN classes AS alternatives
  ON alternatives.run_id = regions.run_id AND alternatives.class_index = regions.alternative_class
ORDER BY regions.expected_wrong_pixels DESC;

PRAGMA user_version = 3;
