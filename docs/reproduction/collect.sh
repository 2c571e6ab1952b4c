#!/usr/bin/env bash
# Writes the CSV files of this folder from run directories: `collect.sh RUNS [STUDY...]`,
# where RUNS holds a run directory of each study's name, and STUDY is a name below.
# $STRATA: the program. Numbers of single cells, so that claims.py can pair seeds; the
# `.summary.csv` are what `strata summarize` says.
set -euo pipefail
runs=${1:?usage: collect.sh RUNS [STUDY...]}
shift
here=$(dirname "$0")
strata=${STRATA:-strata}

# put FILE COMMAND...: what it prints, if it succeeds, into FILE
put() {
    local file=$here/$1
    shift
    "$@" > "$file.new"
    mv "$file.new" "$file"
}

# table STUDY NAME WHERE ARGUMENTS...: `strata export` into STUDY.NAME.csv, where the study
# selects of selected cells
table() {
    local study=$1 name=$2 where=$3
    shift 3
    if grep -q '^select:' "$runs/$study/study.yaml"; then
        where="($where) and selected == yes"
    fi
    put "$study.$name.csv" "$strata" export "$runs/$study" --where "$where" "$@"
}

networks() {
    table "$1" networks 'seed >= 0' --snapshot best --variables \
        'network_accuracy[train],network_accuracy[validation],network_accuracy[test],best_epoch,epochs_run'
}

layers() {
    table "$1" layers 'layer >= 1' --snapshot best --variables \
        'mean_perplexity[test],system_accuracy[discrete,test],system_accuracy[continuous,test],system_accuracy[combined,test],network_accuracy[test],activation_fraction_quantile[train,quantile:0],activation_fraction_quantile[train,quantile:1]'
}

summary() {
    put "$1.summary.csv" "$strata" summarize "$runs/$1" --format csv
}

# Every snapshot of what `$2` names, by layer.
history() {
    table "$1" history 'layer >= 1' --variables "$2"
}

collect() {
    case $1 in
    davel-2020-* | figure-7)
        networks "$1"
        layers "$1"
        ;;
    figure-1)
        networks "$1"
        put "$1.extremes.csv" "$here/extremes.py" "$runs/$1"
        ;;
    figure-4 | figure-5*)
        history "$1" 'system_accuracy[discrete,test],system_accuracy[continuous,test],system_accuracy[combined,test],network_accuracy[test]'
        ;;
    sensitivity | alternatives)
        for snapshot in best final; do
            table "$1" "$snapshot" 'layer >= 1' --snapshot $snapshot --variables \
                'mean_perplexity[test],system_accuracy[discrete,test],system_accuracy[continuous,test],system_accuracy[combined,test],network_accuracy[test],predictability[test]'
        done
        ;;
    haasbroek-sample-sets)
        history "$1" 'snapshot_step,network_loss[train],activation_fraction[train],predictability[train],informativeness[train],network_accuracy[test]'
        ;;
    haasbroek-updates)
        history "$1" 'snapshot_step,network_loss[train],supported_cost,update_changed,update_added,update_agreement,update_predicted,activation_fraction[train]'
        ;;
    corruption-*)
        table "$1" networks 'seed >= 0' --variables \
            'snapshot_epoch,network_accuracy[train],network_accuracy[test],train_accuracy_clean,train_accuracy_corrupt,train_accuracy_original,network_loss[train],epochs_run,stop_reason'
        table "$1" final 'layer >= 1' --snapshot final --variables \
            'clean_corrupt_cosine,clean_class_cosine,corrupt_class_cosine,sample_cosine,corruption_purity,quarantine_fraction,quarantine_links,quarantine_path_length,specific_fraction_clean,specific_fraction_corrupt,mean_perplexity[train]'
        ;;
    *)
        echo "collect.sh: no such study: $1" >&2
        exit 64
        ;;
    esac
    summary "$1"
}

for study in "$@"; do
    collect "$study"
done
