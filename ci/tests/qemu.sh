#!/bin/sh
# Plays an emulator: boot N says before.N, record.N and console.N of the folder PLAY, then does what end.N
# says. `wire F` there says a file on the second port, `say LINE` a line on the console; what is said on
# one is read before the other is. A kernel NAME/vmlinuz says record.NAME, and does what end.NAME says.
wire() { cat "$PLAY/$1" >&2; sleep 0.5; }
say() { printf '%b\n' "$1"; sleep 0.5; }
if [ "$1" = --version ]; then
    echo 'QEMU emulator version 7.2 (played)'
    exit 0
fi
# Two columns may boot at the same time.
exec 9>"$PLAY/boots.lock"
flock 9
number=$(($(cat "$PLAY/boots" 2>/dev/null || echo 0) + 1))
echo $number >"$PLAY/boots"
exec 9>&-
kernel=
previous=
for word in "$@"; do
    [ "$previous" = -kernel ] && kernel=$(basename "$(dirname "$word")")
    previous=$word
done
for word in "$@"; do echo "$word"; done >"$PLAY/arguments.$number"
echo 'qemu: warning: doesn'\''t support requested feature: x' >&2
[ -f "$PLAY/before.$number" ] && cat "$PLAY/before.$number" && sleep 0.5
[ -f "$PLAY/record.$number" ] && cat "$PLAY/record.$number" >&2
[ -f "$PLAY/console.$number" ] && cat "$PLAY/console.$number"
[ -f "$PLAY/end.$number" ] && . "$PLAY/end.$number"
[ -f "$PLAY/record.$kernel" ] && cat "$PLAY/record.$kernel" >&2
[ -f "$PLAY/end.$kernel" ] && . "$PLAY/end.$kernel"
exit 0
