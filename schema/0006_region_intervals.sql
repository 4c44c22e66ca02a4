-- The database of errata, version 6: how far the estimated error rate of a single error region can be trusted.

-- The true error rate of a region lies between lower and upper times its mean_error_probability in 95 of 100 images, if
-- coverage is 0.95 and the images are like those that the model was calibrated on: for is_worst 1, that of the image's
-- region with most expected wrong pixels (split conformal prediction); for is_worst 0, that of a region drawn from the
-- image's others (hierarchical conformal prediction, in which a calibration image counts once, however many regions it
-- has). No row without a calibration of 39 such images or more, or where it found regions by another rule than the run.
CREATE TABLE region_error_ratios (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  is_worst INTEGER NOT NULL CHECK (is_worst IN (0, 1)),
  lower REAL NOT NULL CHECK (lower >= 0),
  upper REAL NOT NULL CHECK (upper >= lower),
  coverage REAL NOT NULL CHECK (coverage > 0 AND coverage < 1),
  calibration_images INTEGER NOT NULL CHECK (calibration_images > 1),
  PRIMARY KEY (run_id, is_worst)
) STRICT, WITHOUT ROWID;

-- Regions from the worst to the best, with what they are likely to be instead, and in what range the true error rate
-- probably lies (NULL without a calibration).
DROP VIEW worst_regions;
CREATE VIEW worst_regions AS
SELECT runs.name AS run, images.path, classes.name AS class, regions.x, regions.y, regions.width, regions.height,
       regions.area_pixels, regions.mean_error_probability,
       min(1, regions.mean_error_probability * ratio.lower) AS lower_error_rate,
       min(1, regions.mean_error_probability * ratio.upper) AS upper_error_rate,
       regions.expected_wrong_pixels, alternatives.name AS likely_class, regions.placement, regions.boundary_length
FROM regions
JOIN images ON images.id = regions.image_id
JOIN runs ON runs.id = regions.run_id
JOIN classes ON classes.run_id = regions.run_id AND classes.class_index = regions.class_index
LEFT JOIN classes AS alternatives
  ON alternatives.run_id = regions.run_id AND alternatives.class_index = regions.alternative_class
LEFT JOIN region_error_ratios AS ratio
  ON ratio.run_id = regions.run_id
  AND ratio.is_worst = (regions.expected_wrong_pixels = images.worst_region_pixels)
ORDER BY regions.expected_wrong_pixels DESC;

PRAGMA user_version = 6;
