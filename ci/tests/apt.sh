#!/bin/sh
# Plays apt-get, apt-cache and apt-config before the folder MIRROR: `complaints` of an update, `madison` and
# `show` of its index, packages in `pool`. What is asked for is counted in `asked`.
tool=$(basename "$0")
last=
for word in "$@"; do last=$word; done
case "$tool $*" in
apt-config*) ;;
*indextargets*)
    echo 'Packages http://m/debian bookworm main'
    echo 'Packages http://m/security bookworm-security main'
    ;;
apt-get*update*)
    echo update >>"$MIRROR/asked"
    if [ -f "$MIRROR/offline" ]; then
        echo 'E: Failed to fetch http://m/debian/dists/sid/InRelease  Could not connect to m:80' >&2
        exit 100
    fi
    if [ -f "$MIRROR/complaints" ]; then
        cat "$MIRROR/complaints" >&2
        exit 100
    fi
    ;;
apt-get*download*)
    echo "download $last" >>"$MIRROR/asked"
    if [ -f "$MIRROR/offline" ]; then
        echo 'E: Failed to fetch http://m/debian/x.deb  Could not connect to m:80' >&2
        exit 100
    fi
    if [ ! -f "$MIRROR/pool/$last" ]; then
        echo 'E: Failed to fetch http://m/debian/x.deb  404  Not Found [IP: 192.0.2.1 80]' >&2
        exit 100
    fi
    cp "$MIRROR/pool/$last" "./$last.deb"
    ;;
apt-cache*pkgnames*) sed -n "s/^Package: \($last.*\)/\1/p" "$MIRROR/show" ;;
apt-cache*madison*) cat "$MIRROR/madison" ;;
apt-cache*show*) cat "$MIRROR/show" ;;
*)
    echo "E: played: $tool $*" >&2
    exit 100
    ;;
esac
