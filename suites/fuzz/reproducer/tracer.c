/* The child is traced by its parent: it stops where the tracer is to do something. */
static void begin(void)
{
	need(!ptrace(PTRACE_TRACEME, 0, 0, 0), "a tracer");
	raise(SIGSTOP);
}

static void ask_tracer(void)
{
	own(SYS_kill, own(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGSTOP, 0, 0, 0, 0);
}

static int go_on(pid_t child, long how, long signal)
{
	int status = 0;

	if (syscall(SYS_ptrace, how, child, 0, signal) && errno != ESRCH) {
		perror("a stopped tracee");
		exit(2);
	}
	waitpid(child, &status, 0);
	return status;
}

