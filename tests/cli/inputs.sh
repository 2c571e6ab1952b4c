#!/usr/bin/env bash
# Corrupted and noisy inputs: recomputed by numpy, resumed, computed again by verify.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin
python3 -c 'import netCDF4' 2>/dev/null || skip "python3-netcdf4 is not installed"

# 80 images of 12 x 12, so that a sample takes more than one group of normal numbers.
mkdir images
python3 - <<'PY'
import random, struct
random.seed(1)
for prefix, n in ("train", 80), ("t10k", 20):
    with open(f"images/{prefix}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">4B3I", 0, 0, 8, 3, n, 12, 12))
        file.write(bytes(random.choice((0, random.randrange(256))) for _ in range(n * 144)))
    with open(f"images/{prefix}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">4BI", 0, 0, 8, 1, n))
        file.write(bytes(i % 3 for i in range(n)))
PY
cat >inputs.yaml <<YAML
study: inputs
data: {name: '$work/images', validation: 10}
grid:
  seed: [3, 2147483647]
  depth: 1
  width: 6
  label_corruption: [0, 0.4]
  input_corruption: [none, gaussian, structured]
  input_corruption_fraction: [0.5, 1]
  input_noise: [0, 0.3]
train:
  activation: tanh
  optimizer: sgd
  momentum: 0
  learning_rate: 0.5
  batch_size: 128
  epochs: 2
probe: {at: [init, "step:1", final]}
keep: {networks: [init, "step:1", final]}
YAML
sweep inputs
run python3 "$sources/tests/reference/inputs_reference.py" inputs images
assert_exit 0
assert_text stdout "48 cells have numpy's inputs"

run "$strata" verify inputs --recompute 48
assert_exit 0
assert_text stdout "computed again, the same bits"

# Half of the cells first, the others later: in other company, the same archive.
for half in "--set input_noise=0.3" ""; do
    run "$strata" sweep inputs.yaml -o later -q $half
    assert_exit 0
done
assert_equal "$(content_hash later/archive.nc)" "$(content_hash inputs/archive.nc)"
assert_equal "$(content_hash later/networks.nc)" "$(content_hash inputs/networks.nc)"
