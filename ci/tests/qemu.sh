#!/bin/sh
# Plays an emulator: boot N says console.N and record.N of the folder PLAY, then does what end.N says.
if [ "$1" = --version ]; then
    echo 'QEMU emulator version 7.2 (played)'
    exit 0
fi
number=$(($(cat "$PLAY/boots" 2>/dev/null || echo 0) + 1))
echo $number >"$PLAY/boots"
for word in "$@"; do echo "$word"; done >"$PLAY/arguments.$number"
echo 'qemu: warning: doesn'\''t support requested feature: x' >&2
[ -f "$PLAY/record.$number" ] && cat "$PLAY/record.$number" >&2
[ -f "$PLAY/console.$number" ] && cat "$PLAY/console.$number"
[ -f "$PLAY/end.$number" ] && . "$PLAY/end.$number"
exit 0
