-- The database of errata, version 4: how far the estimated error rate of a single image can be trusted.

-- The true error rate of an image lies between lower and upper times its expected one for 95 of 100 images, if coverage
-- is 0.95 and the images are like those that the model was calibrated on (split conformal prediction). class_index NULL:
-- of all pixels; else of those that are labelled as this class. No row without a calibration of 39 images or more.
CREATE TABLE image_error_ratios (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  class_index INTEGER,
  lower REAL NOT NULL CHECK (lower >= 0),
  upper REAL NOT NULL CHECK (upper >= lower),
  coverage REAL NOT NULL CHECK (coverage > 0 AND coverage < 1),
  calibration_images INTEGER NOT NULL CHECK (calibration_images > 1),
  FOREIGN KEY (run_id, class_index) REFERENCES classes (run_id, class_index) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX image_error_ratios_by_run ON image_error_ratios (run_id, coalesce(class_index, -1));

-- Images from the worst to the best expected error rate, by run, and in what range the true one probably lies (NULL
-- without a calibration). Without duplicates: WHERE duplicate_of IS NULL.
DROP VIEW ranked_images;
CREATE VIEW ranked_images AS
SELECT runs.name AS run, images.path, images.width, images.height,
       images.mean_error_probability AS expected_error_rate,
       min(1, images.mean_error_probability * ratio.lower) AS lower_error_rate,
       min(1, images.mean_error_probability * ratio.upper) AS upper_error_rate,
       images.expected_wrong_pixels, images.worst_region_pixels, images.mean_entropy, images.mean_confidence,
       rank() OVER (PARTITION BY images.run_id ORDER BY images.mean_error_probability DESC) AS position,
       original.path AS duplicate_of,
       iif(original.image_sha256 = images.image_sha256, 'exact', iif(original.id IS NULL, NULL, 'near')) AS duplicate
FROM images
JOIN runs ON runs.id = images.run_id
LEFT JOIN images AS original ON original.id = images.duplicate_of
LEFT JOIN image_error_ratios AS ratio ON ratio.run_id = images.run_id AND ratio.class_index IS NULL
WHERE images.status = 'done';

PRAGMA user_version = 4;
