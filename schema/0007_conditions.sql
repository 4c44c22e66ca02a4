-- The database of errata, version 7: one index that holds all that `errata query --where` can ask of an image.

-- A condition that fits few images, and none of the worst, used to look at the row of every image, all over the file.
-- Now it reads this index from one end to the other, or the part of it that holds the paths with a certain beginning. As
-- LIKE does, it takes A–Z for a–z. Gain per minute is not here: it is computed from the last three columns.
CREATE INDEX images_by_path_with_numbers ON images (
  run_id, path COLLATE NOCASE, mean_error_probability, expected_wrong_pixels, worst_region_pixels,
  error_p50, error_p90, error_p95, error_p99, mean_confidence, mean_entropy, mean_margin, balanced_error_rate,
  width, height, duplicate_of, region_count, region_wrong_pixels, region_boundary_length);

PRAGMA user_version = 7;
