#!/usr/bin/env bash
# One flipped bit, anywhere: verify reports it, and it never enters an archive.
. "$(dirname "$0")/lib.sh"

printf '%s\n' 'study: tiny' "data: $data" 'grid: {seed: 1, depth: 1, width: 4}' \
    'train: {epochs: 1, batch_size: 64}' \
    'probe: {at: [best], measures: [patterns]}' 'keep: {networks: [best]}' >tiny.yaml
sweep tiny
archive_flips=200
[ -z "${STRATA_SANITIZED-}" ] || archive_flips=20

# A bit of every byte of the journal's headers, and of payload bytes between.
run python3 "$here/flips.py" journal "$strata" tiny 97
assert_exit 0
assert_match stdout '^[0-9]{3} flips, all reported$'
run python3 "$here/flips.py" products "$strata" tiny $archive_flips
assert_exit 0
assert_match stdout "^$archive_flips flips, [1-9][0-9]* reported, the others changed nothing$"
