#!/bin/sh
# Plays a suite whose kernel lies; PLAY says which. Case `one` notices x/plain, `two` x/blunt, the property
# both; `idle` nothing. Nobody notices y/quiet, and y/nowhere has no occasion. `many`: 200 cases more, all
# of which notice x/plain. `short`: the suite ends with `one`, where that is told x/blunt. WHERE gets the
# process's number, and whether it is the first one in /proc.
case_of() {
    echo "{\"name\":\"$1\",\"area\":\"${1%::*}\",\"file\":\"f.rs\",\"line\":1,\"clauses\":[\"x/y\"],\"needs\":[],\"ends\":\"reaches its last line\",\"alone\":false,\"waits\":false}"
}
many() {
    [ "$PLAY" = many ] && seq -f 'm::n::case_%03g' 200
}
line() { # name verdict more
    echo "{\"kind\":\"case\",\"name\":\"$1\",\"clauses\":[\"x/y\"],\"verdict\":\"$2\"$3}"
}

lie= cases= previous=
for word in "$@"; do
    case "$previous" in
    --option) lie=${word#lie=} ;;
    --cases) cases=$word ;;
    esac
    previous=$word
done
case "$1" in
--describe)
    echo "{\"clauses\":[{\"id\":\"x/y\",\"promise\":\"it is kept\",\"source\":\"s\",\"place\":\"\",\"since\":\"\",\"until\":\"\",\"strength\":\"must\",\"unobservable\":null}],\"cases\":[$(case_of a::b::idle),$(case_of a::b::lacking),$(case_of a::b::one),$(case_of a::b::two),$(case_of fuzz::c::any)$(many | sed "s|.*|,$(case_of '&' | sed 's/"area":"&"/"area":"m::n"/')|" | tr -d '\n')],\"deviations\":[]}"
    exit 0 ;;
--lies)
    [ "$PLAY" = deaf ] && { echo 'error: unexpected argument' >&2; exit 2; }
    echo '{"id":"x/plain","blunt":false,"bug":"the result is one off"}'
    echo '{"id":"x/blunt","blunt":true,"bug":"the result is always zero"}'
    echo '{"id":"y/quiet","blunt":false,"bug":"a register that nobody reads is lost"}'
    echo '{"id":"y/nowhere","blunt":false,"bug":"a call that nobody makes fails"}'
    exit 0 ;;
esac
name=sigsys-lied-to
[ "$PLAY" = honest ] && name=sigsys
echo "{\"kind\":\"run\",\"schema\":2,\"suite\":{\"name\":\"$name\",\"version\":\"1\"},\"time\":0,\"cases\":$((5 + $(many | wc -l))),\"kernel\":{\"system\":\"Linux\",\"release\":\"6.1\",\"build\":\"b\",\"machine\":\"x86_64\",\"user\":0}}"
[ -n "$WHERE" ] && echo "$$ $(grep -c liar.sh /proc/1/cmdline)" >>"$WHERE"
[ -n "$TOLD" ] && echo "$lie: $(tr '\n' ' ' <"$cases")" >>"$TOLD"
while read -r name; do
    [ "$PLAY $lie $name" = 'short x/blunt a::b::one' ] && { line "$name" crashed; exit 0; }
    case "$lie $name" in
    'census m::'*) line "$name" holds ',"output":"0"' ;;
    'x/plain m::'*) line "$name" violated ',"text":"left: 1"' ;;
    'census a::b::lacking') line "$name" not_offered ;;
    'census a::b::one')
        [ "$PLAY" = truthful ] && { line "$name" holds; continue; }
        [ "$PLAY" = unsound ] && { line "$name" violated ',"failure":{"observed":"1","promised":"2"}'; continue; }
        line "$name" holds ',"output":"0 1 2"' ;;
    'census a::b::two') line "$name" deviates "$([ "$PLAY" = truthful ] || echo ',"output":"1"')" ;;
    'census fuzz::c::any') line "$name" holds "$([ "$PLAY" = truthful ] || echo ',"output":"0 1"')" ;;
    'x/plain a::b::one' | 'x/blunt a::b::two' | 'x/blunt fuzz::c::any' | 'x/plain fuzz::c::any')
        line "$name" violated ',"failure":{"observed":"1","promised":"2"}' ;;
    'x/blunt a::b::one') line "$name" violated ',"unmet":{"need":"thing","title":"a thing","answer":"EINVAL","how":"refused"}' ;;
    'y/quiet a::b::one') line "$name" crashed ;;
    *) line "$name" holds ;;
    esac
done <"$cases"
[ "$PLAY" = cut ] && [ "$lie" = census ] && exit 0
echo '{"kind":"end","counts":{}}'
