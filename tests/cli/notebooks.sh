#!/usr/bin/env bash
# The examples of docs/notebooks.md, as they stand there, on a sweep of our own.
. "$(dirname "$0")/lib.sh"

study strata-quick
sweep strata-quick --set seed=1..3 --set depth=1..3
run "$strata" summarize strata-quick --by depth --format csv
assert_exit 0
awk -F, 'NR > 1 { print $1, $5 }' stdout >expected

# example LANGUAGE: the first block of it in the document.
example() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$sources/docs/notebooks.md" |
        sed '1d; /^```$/,$d'
}

# prints_errors COMMAND...: as `summarize` has them.
prints_errors() {
    run "$@"
    assert_exit 0
    python3 - expected stdout <<'PY' || fail "not the errors of summarize"
import re, sys
expected, found = ([float(word) for word in re.findall(r"[0-9.]+(?:e-?[0-9]+)?", text)]
                   for text in (open(sys.argv[1]).read(), open(sys.argv[2]).read()
                                .split("Name:")[0]))
# a table goes down or across
assert len(found) == len(expected) == 6, (found, expected)
pairs = {frozenset(p) for p in (zip(found[::2], found[1::2]), zip(found[:3], found[3:]))}
def near(a, b): return all(abs(x - y) < 1e-6 for p, q in zip(sorted(a), sorted(b))
                           for x, y in zip(p, q))
assert any(near(p, list(zip(expected[::2], expected[1::2]))) for p in pairs), found
PY
}

example python >example.py
assert_file example.py
[ "$(wc -l <example.py)" -le 5 ] || fail "more than five lines"
prints_errors python3 example.py

if Rscript -e 'library(ncdf4)' >/dev/null 2>&1; then
    example r >example.R
    prints_errors Rscript example.R
fi
