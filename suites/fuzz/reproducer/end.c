static void print_end(const char *who, int end)
{
	if (end == FINISHED)
		printf("%s does everything", who);
	else if (end & 0x7f)
		printf("%s is killed by signal %d", who, end & 0x7f);
	else
		printf("%s leaves with status %d", who, end >> 8);
}

int main(MAIN)
{
	int end;
	pid_t child;

	/* ROLE */
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(seen != MAP_FAILED, "shared memory");
	child = fork();
	need(child >= 0, "a child");
	if (child == 0) {
		alarm(PATIENCE);
		/* BEGIN */
		steps();
		seen->done = 1;
		stop();
	}
	end = watch(child);
	/* ENDED */
	end = seen->done ? FINISHED : end & 0x7f ? end & 0x7f : end & 0xff00;
	if (end == EXITED(CANNOT))
		return 2;
	if (seen->differs) {
		printf("step %d, %s: %s: expected %ld (%#lx), got %ld (%#lx)   <-- differs\n",
		       seen->steps, seen->step, seen->what, seen->expected, seen->expected,
		       seen->got, seen->got);
		return 1;
	}
	if (end != EXPECTED_END) {
		printf("step %d, %s: ", seen->steps, seen->step ? seen->step : "");
		print_end("expected that the process", EXPECTED_END);
		print_end(", but it", end);
		printf("   <-- differs\n");
		return 1;
	}
	printf("no difference: %d facts are as expected\n", seen->facts);
	return 0;
}
