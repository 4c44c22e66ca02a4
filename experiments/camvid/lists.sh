# Sourced: the splits by sequence, as files in $output. Needs $camvid (with train and val) and $output.
mkdir -p "$output"
frames() { find "$camvid/train/images" -name '*.jpg' -printf '%f\n' | sed 's/\.jpg$//' | grep -E "$1" | sort; }
# Trained on: two sequences, every fourth image labelled.
frames '^(0001TP|0006R0)' >"$output/training.txt"
awk 'NR % 4 == 1' "$output/training.txt" >"$output/labeled.txt"
awk 'NR % 4 != 1' "$output/training.txt" >"$output/unlabeled.txt"
# Calibrated on: every fourth image of the third sequence that is not in `val`; audited: `val`, of the same sequence.
frames '^0016E5' | awk 'NR % 4 == 1' >"$output/calibration.txt"
# Audited as well: `val` and the unlabelled images, of three sequences.
mkdir -p "$output/several/images" "$output/several/masks"
link() { # PART < names
  while read -r name; do
    ln -sf "$(realpath "$camvid/$1/images/$name.jpg")" "$output/several/images/"
    ln -sf "$(realpath "$camvid/$1/masks/$name.png")" "$output/several/masks/"
  done
}
link train <"$output/unlabeled.txt"
# Another program's labels exist for `val` alone: its first 50 images calibrate, its last 50 are audited.
find "$camvid/val/images" -name '*.jpg' -printf '%f\n' | sed 's/\.jpg$//' | sort >"$output/val.txt"
link val <"$output/val.txt"
head -n 50 "$output/val.txt" >"$output/val-first.txt"
mkdir -p "$output/val-second"
tail -n 50 "$output/val.txt" | while read -r name; do
  ln -sf "$(realpath "$camvid/val/images/$name.jpg")" "$output/val-second/$name.jpg"
done
