#!/bin/sh
# Has the programs that the formats are for read what `sigsys convert` writes, as far as they are here. What is
# not here is skipped, loudly.
#
#   consumers.sh TOOL RECORD..
#
# SIGSYS_LINUX=FOLDER   a kernel's source (tools/testing/kunit, tools/testing/selftests)
# SIGSYS_PYTHON=PROGRAM a python with kcidb-io, junitparser, lxml, PyYAML [default: python3]
# SIGSYS_XSD=FILE       a schema of JUnit's XML
# SIGSYS_SUITE=FILE     a static suite, for run_kselftest.sh
set -u
tool=$1
shift
here=$(dirname "$(realpath "$0")")
python=${SIGSYS_PYTHON:-python3}
linux=${SIGSYS_LINUX:-/nonexistent}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

skipped() { echo "SKIPPED: $1"; }
wrong() { echo "FAILED: $1"; failed=1; }
has() { "$python" -c "import $1" 2>/dev/null; }

for format in ktap junit kcidb lava badge; do
	"$tool" convert "$@" --to $format >"$work/$format" 2>>"$work/said"
	[ $? -eq 0 ] || [ $? -eq 69 ] || wrong "sigsys convert --to $format"
done
# What each should count, from the records themselves.
cases=$(cat "$@" | grep -c '"kind":"case"')
verdicts() { cat "$@" | grep '"kind":"case"' | grep -cE '"verdict":"(violated|healed|timed_out|crashed|tainted)"'; }
faults=$(verdicts "$@")
fails=$faults
echo "$cases cases, $faults of them faults"

parser=$linux/tools/testing/kunit/kunit.py
if [ -f "$parser" ]; then
	"$python" "$parser" parse "$work/ktap" >"$work/kunit" 2>&1
	last=$(tail -n 1 "$work/kunit")
	echo "kunit.py parse: $last"
	grep -q '\[ERROR\]' "$work/kunit" && wrong "kunit.py: $(grep -m 1 '\[ERROR\]' "$work/kunit")"
	case $last in
	*"failed: "*) [ "$fails" -gt 0 ] || wrong "kunit.py sees failures" ;;
	*) [ "$fails" -eq 0 ] || wrong "kunit.py sees none of $fails failures" ;;
	esac
else
	skipped "kunit.py: SIGSYS_LINUX names no kernel's source"
fi

if command -v prove >/dev/null; then
	prove -e cat "$work/ktap" >"$work/prove" 2>&1
	status=$?
	echo "prove: $(tail -n 1 "$work/prove")"
	grep -qi 'parse errors' "$work/prove" && wrong "prove: $(grep -i 'parse errors' "$work/prove")"
	[ $((status != 0)) -eq $((fails > 0)) ] || wrong "prove gives $status with $fails failures"
else
	skipped "prove: not installed"
fi

if has junitparser; then
	"$python" - "$work/junit" "$cases" "$faults" <<'END' || wrong junitparser
import sys
from junitparser import JUnitXml
xml, (cases, faults) = JUnitXml.fromfile(sys.argv[1]), map(int, sys.argv[2:])
print(f"junitparser: {xml.tests} tests, {xml.failures} failures, {xml.errors} errors, {xml.skipped} skipped")
sys.exit(not (xml.tests >= cases and xml.failures >= faults))
END
else
	skipped "junitparser: $python has none"
fi

if [ -n "${SIGSYS_XSD:-}" ] && has lxml; then
	"$python" - "$work/junit" "$SIGSYS_XSD" <<'END' || wrong "the schema of JUnit"
import sys
from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[2]))
valid = schema.validate(etree.parse(sys.argv[1], etree.XMLParser(huge_tree=True)))
print(f"{sys.argv[2].rsplit('/')[-1]}: {'valid' if valid else schema.error_log.last_error}")
sys.exit(not valid)
END
else
	skipped "a schema of JUnit: SIGSYS_XSD names none, or $python has no lxml"
fi

if has kcidb_io; then
	"$python" - "$work/kcidb" <<'END' || wrong kcidb-io
import json, sys
import kcidb_io
data, schema = json.load(open(sys.argv[1])), kcidb_io.schema.LATEST
schema.validate(data)
print(f"kcidb-io {schema.major}.{schema.minor}: valid, {schema.count(data)} objects")
ids = [test["id"] for test in data["tests"]]
sys.exit(len(ids) != len(set(ids)))
END
else
	skipped "kcidb-io: $python has none"
fi

# The dispatcher of LAVA splits a signal at blanks, and refuses a name that it has seen.
awk -v cases="$cases" '
	!/^<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=[A-Za-z0-9_.-]+ RESULT=(pass|fail|skip|unknown)>$/ { bad++ }
	seen[$2]++ { bad++ }
	END { print "lava: " NR " signals"; exit bad > 0 || NR < cases }
' "$work/lava" || wrong "LAVA's signals"
if has yaml; then
	"$python" - "$here/../../lava/sigsys.yaml" <<'END' || wrong "LAVA's test definition"
import sys, yaml
definition = yaml.safe_load(open(sys.argv[1]))
assert definition["metadata"]["format"] == "Lava-Test Test Definition 1.0"
assert all(isinstance(step, str) for step in definition["run"]["steps"])
print(f"lava: a definition of {len(definition['run']['steps'])} steps")
END
else
	skipped "LAVA's test definition: $python has no yaml"
fi

if has lxml; then
	"$python" -c "from lxml import etree; etree.parse('$work/badge'); print('badge: XML')" || wrong badge
else
	skipped "the badge: $python has no lxml"
fi

runner=$linux/tools/testing/selftests
if [ -f "$runner/run_kselftest.sh" ] && [ -n "${SIGSYS_SUITE:-}" ]; then
	install=$work/kselftest_install
	mkdir "$install" && cp -r "$runner/run_kselftest.sh" "$runner/kselftest" "$install"
	"$tool" build --kselftest "$install" --suite "$SIGSYS_SUITE" || wrong "sigsys build --kselftest"
	(cd "$install" && KSELFTEST_SIGSYS_SH_ARGS="::siginfo::" ./run_kselftest.sh -c sigsys) \
		>"$work/kselftest" 2>&1
	tail -n 2 "$work/kselftest"
	grep -q '^ok 1 selftests: sigsys: sigsys.sh$' "$work/kselftest" || wrong "run_kselftest.sh"
	grep -q '^#   ok 1 ' "$work/kselftest" || wrong "run_kselftest.sh shows no case"
else
	skipped "run_kselftest.sh: SIGSYS_LINUX names no kernel's source, or SIGSYS_SUITE no suite"
fi

exit $failed
