#!/bin/sh
# Plays a suite; PLAY says which.
describe='{"clauses":[{"id":"x/y","promise":"it is kept","source":"s","place":"","since":"","until":"","strength":"must","unobservable":null}],"cases":[{"name":"a::b::one","area":"a::b","file":"f.rs","line":1,"clauses":["x/y"],"needs":[],"ends":"reaches its last line","alone":false,"waits":false},{"name":"a::b::two","area":"a::b","file":"f.rs","line":2,"clauses":["x/y"],"needs":[],"ends":"reaches its last line","alone":false,"waits":false}],"deviations":[]}'
run='{"kind":"run","schema":1,"suite":"played 1","time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}'
one='{"kind":"case","name":"a::b::one","clauses":["x/y"],"verdict":"holds"}'
two='{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"violated","text":"assertion `left == right` failed\n  left: 1\n right: 2","place":"f.rs:3"}'

case "$PLAY" in
foreign) echo hello; exit 0 ;;
mute) exit 0 ;;
other_description) echo '{"clauses":3}'; exit 0 ;;
endless) exec yes ;;
esac
if [ "$1" = --describe ]; then
    echo "$describe"
    exit 0
fi
case "$PLAY" in
whole)
    printf '%s\n' "$run" "$one" '{"kind":"end","counts":{"holds":1}}' ;;
violated)
    faulty=$(echo "$run" | sed 's,"cases":2,"cases":2\,"faults":["clause x/z has no case"],')
    printf '%s\n' "$faulty" "$one" "$two" '{"kind":"end","counts":{"holds":1,"violated":1}}'
    exit 101 ;;
cut_off) printf '%s\n' "$run" "$one" ;;
half_a_line) printf '%s\n%s\n%.30s' "$run" "$one" "$two" ;;
garbage) printf '%s\n%s\n\377\376\n' "$run" "$one" ;;
killed) printf '%s\n' "$run" "$one"; kill -SEGV $$ ;;
killed_after_a_fault) printf '%s\n' "$run" "$two"; kill -KILL $$ ;;
unavailable) echo 'sigsys: this process is being traced' >&2; exit 69 ;;
usage) echo 'sigsys: --record /x: cannot write' >&2; exit 2 ;;
arguments) for word in "$@"; do echo "$word" >&2; done; exit 2 ;;
own_words) echo 'KTAP version 1'; exit 101 ;;
leaves_a_child) sleep 600 & echo "$!" >"$PID_FILE"; printf '%s\n' "$run" "$one" ;;
waits)
    # As the real one: the signal is noted, the status says so.
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '%s\n' "$run" "$one"
    echo "$$" >"$PID_FILE"
    while :; do sleep 0.1; done ;;
stubborn)
    trap '' INT TERM
    printf '%s\n' "$run" "$one"
    echo "$$" >"$PID_FILE"
    while :; do sleep 0.1; done ;;
esac
