#!/usr/bin/env bash
# Every study that comes with the program can be planned; where its data are missing, the
# message says where they were looked for. Parts of one grid may share its name.
. "$(dirname "$0")/lib.sh"

data_folder=$sources/../shared/data
if [ -d "$data_folder" ]; then
    export STRATA_DATA=$data_folder
fi
planned=0
for file in "$sources"/jobs/studies/*.yaml; do
    run "$strata" plan "$file" --ranks 4
    if [ "$code" -eq 66 ]; then
        assert_match stderr '^strata: data set (mnist|fashion-mnist): no IDX files'
        continue
    fi
    assert_exit 0
    assert_match stdout "^study +$(sed -n 's/^study: //p' "$file")$"
    assert_match stdout '^cells +[1-9][0-9]*: 0 done'
    planned=$((planned + 1))
done
[ "$planned" -ge 1 ] || fail "no shipped study could be planned"

# The built-in study is one of them.
run "$strata" plan
assert_exit 0
cp stdout built-in
run "$strata" plan "$sources/jobs/studies/quick.yaml"
cmp stdout built-in || fail "the built-in study is not jobs/studies/quick.yaml"
