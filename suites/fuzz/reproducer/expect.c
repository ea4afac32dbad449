static void expect(const char *what, long expected, long got)
{
	note(what, expected, got);
	if (seen->differs)
		stop();
}

