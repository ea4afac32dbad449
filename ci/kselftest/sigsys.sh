#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs the suite as a test of the kernel's own: KTAP, and the exit statuses of kselftest.h.
# KSELFTEST_SIGSYS_SH_ARGS of run_kselftest.sh are arguments of the suite.
cd "$(dirname "$0")" || exit 1
machine=$(uname -m)
if [ "$machine" != x86_64 ]; then
	echo "1..0 # SKIP sigsys is for x86_64, and this is $machine"
	exit 4
fi
./sigsys-suite --format ktap "$@"
status=$?
case $status in
0) exit 0 ;;
101) exit 1 ;;
*)
	# Nothing is known: neither a pass nor a broken promise.
	echo "# no answer: the suite left with status $status"
	exit $status
	;;
esac
