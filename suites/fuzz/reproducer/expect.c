static void expect(const char *what, long expected, long got)
{
	record_fact(what, expected, got);
	if (seen->differs)
		stop();
}

