static void record_fact(const char *what, long expected, long got)
{
	seen->facts++;
	if (expected == got || seen->differs)
		return;
	seen->what = what;
	seen->expected = expected;
	seen->got = got;
	seen->differs = 1;
}

