#!/bin/sh
# Plays a suite; PLAY says which.
describe='{"clauses":[{"id":"x/y","promise":"it is kept","source":"s","place":"","since":"","until":"","strength":"must","unobservable":null}],"cases":[{"name":"a::b::one","area":"a::b","file":"f.rs","line":1,"clauses":["x/y"],"needs":[],"ends":"reaches its last line","alone":false,"waits":false},{"name":"a::b::two","area":"a::b","file":"f.rs","line":2,"clauses":["x/y"],"needs":[],"ends":"reaches its last line","alone":false,"waits":false}],"deviations":[]}'
run='{"kind":"run","schema":2,"suite":{"name":"played","version":"1"},"time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}'
one='{"kind":"case","name":"a::b::one","clauses":["x/y"],"verdict":"holds"}'
two='{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"violated","failure":{"observed":"1","promised":"2","place":"f.rs:3"}}'

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
# Where the record is to be written.
record=
previous=
for word in "$@"; do
    [ "$previous" = --record ] && record=$word
    previous=$word
done
three='{"kind":"case","name":"a::b::three","clauses":["x/y"],"verdict":"holds"}'
holds=$(printf '%s\n' "$two" | sed 's/"violated".*/"holds"}/')
broken=$(printf '%s\n' "$two" | sed 's/"violated".*/"broken","failure":{"message":"no"}}/')
end() { printf '{"kind":"end","counts":{%s}}\n' "$1"; }

case "$PLAY" in
whole) printf '%s\n' "$run" "$one" "$holds"; end '"holds":2' ;;
records)
    { printf '%s\n' "$run" "$one" "$holds"; end '"holds":2'; } >"$record"
    cat "$record" ;;
missing) printf '%s\n' "$run" "$one"; end '"holds":1' ;;
fewer) echo "$run" | sed 's/"cases":2/"cases":1/'; echo "$one"; end '"holds":1' ;;
foreign_case) printf '%s\n' "$run" "$one" "$holds" "$three"; end '"holds":3' ;;
renamed) printf '%s\n' "$run" "$one" "$three"; end '"holds":2' ;;
repeated) printf '%s\n' "$run" "$one" "$holds" "$one"; end '"holds":3' ;;
contradicting) printf '%s\n' "$run" "$one" "$holds" "$two"; end '"holds":2,"violated":1' ;;
miscounting) printf '%s\n' "$run" "$one" "$two"; end '"holds":2' ;;
other_promises) printf '%s\n' "$run" "$one" "$holds" | sed 's,x/y"\],x/z"],'; end '"holds":2' ;;
goes_on) printf '%s\n' "$run" "$one" "$holds"; end '"holds":2'; echo "$three" ;;
hides) printf '%s\n' "$run" "$one" "$two"; end '"holds":1,"violated":1' ;;
hides_a_broken_one) printf '%s\n' "$run" "$one" "$broken"; end '"broken":1,"holds":1' ;;
accuses) printf '%s\n' "$run" "$one" "$holds"; end '"holds":2'; exit 101 ;;
says_nothing) printf '%s\n' "$run" "$one" "$holds"; end '"holds":2'; exit 69 ;;
no_beginning) printf '%s\n' "$one" "$holds"; end '"holds":2' ;;
no_beginning_and_bad) printf '%s\n' "$one" "$two"; end '"holds":1,"violated":1'; exit 101 ;;
full) printf '%s\n' "$run" "$one" "$holds"; end '"holds":2'
    echo "sigsys: --record $record: cannot write: No space left on device" >&2
    exit 69 ;;
escapes)
    escape=$(printf '\033')
    printf '%s\n' "$run" "$one" "$two" | sed 's/"b"/"\\u001b[2J"/; s/"observed":"1"/"observed":"\\u001b]0;title\\u0007"/'
    end '"holds":1,"violated":1'
    echo "sigsys: ${escape}[2Jcleared" >&2
    exit 101 ;;
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
own_words)
    echo 'KTAP version 1'
    { printf '%s\n' "$run" "$one" "$two"; end '"holds":1,"violated":1'; } >"$record"
    exit 101 ;;
own_words_cut) echo 'KTAP version 1'; printf '%s\n' "$run" "$one" >"$record" ;;
own_words_without_a_record) echo 'KTAP version 1' ;;
own_words_hide)
    echo 'KTAP version 1'
    { printf '%s\n' "$run" "$one" "$two"; end '"holds":1,"violated":1'; } >"$record" ;;
own_words_killed) echo 'KTAP version 1'; printf '%s\n' "$run" "$one" >"$record"; kill -SEGV $$ ;;
own_words_refused) echo 'sigsys: this process is being traced' >&2; exit 69 ;;
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
