/* What the program does that is executed: a call, which is to run. */
static int executed(void)
{
	place_code(GADGET, SYSCALL);
	return call(GADGET, SYS_getpid, 0, 0, 0, 0, 0, 0) == getpid() &&
	       call(GADGET, 0x3fff, 0, 0, 0, 0, 0, 0) == -ENOSYS ? 42 : 43;
}

static void execute(void)
{
	char *const arguments[] = { "/proc/self/exe", "executed", NULL };

	own(SYS_execve, (long)arguments[0], (long)arguments, 0, 0, 0, 0);
}

