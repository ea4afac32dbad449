static char stack[65536] __attribute__((aligned(16)));

/* The system call that makes a task returns to what lies on top of its stack. */
static long stack_for(void (*task)(void))
{
	void **top = (void **)(stack + sizeof(stack) - 64);

	*top = task;
	return (long)top;
}

