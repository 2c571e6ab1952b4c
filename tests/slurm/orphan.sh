#!/usr/bin/env bash
# usage: orphan.sh PYTHON: the cluster leaves nothing behind when who started it is gone, nor
# when its own processes are killed.
set -u
python=$1
cluster=$(dirname "$0")/cluster.py
folder=$PWD/orphan

# Processes within the network namespace of the cluster.
members() {
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/ns/net" 2>/dev/null)" != "$namespace" ] || echo "${process#/proc/}"
    done
}

look_inside() {
    namespace=$("$python" "$cluster" run "$folder" readlink /proc/self/ns/net)
    [ "$namespace" != "$(readlink /proc/self/ns/net)" ] || exit 1
    [ "$(members | wc -l)" -ge 8 ] || { echo "too few processes: $(members)" && exit 1; }
    # a job that would outlive its daemons
    "$python" "$cluster" run "$folder" sbatch -o /dev/null --wrap 'sleep 600' || exit 1
}

gone() {
    for ((i = 0; i < 100; i++)); do
        [ -n "$(members)" ] || break
        sleep 0.1
    done
    [ -z "$(members)" ] || { echo "$1: still there: $(members)" && exit 1; }
    ! grep -F "$folder" /proc/self/mounts || exit 1
    echo "$1: nothing is left"
}

rm -f started
# Its owner is a shell that stops and waits to be killed.
"$BASH" -c '"$@"; echo $? >started; kill -STOP $$' - "$python" "$cluster" start "$folder" &
owner=$!
trap 'kill -KILL $owner 2>/dev/null' EXIT
until [ -s started ]; do sleep 0.1; done # CTest ends this where it never comes
[ "$(cat started)" != 77 ] || exit 77
look_inside
kill -KILL $owner
{ wait $owner; } 2>/dev/null
gone "owner killed"

"$python" "$cluster" start "$folder" || exit 1
look_inside
kill -KILL "$(cat "$folder/pid")"
gone "cluster killed"

"$python" "$cluster" start "$folder" || exit 1
look_inside
"$python" "$cluster" stop "$folder" || exit 1
gone "stopped"
