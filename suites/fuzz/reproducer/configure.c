/* PTRACE_[GS]ET_SYSCALL_USER_DISPATCH_CONFIG */
#define SET_CONFIG 0x4210
#define GET_CONFIG 0x4211

/* The tracer makes this request; gives its answer. */
static long __attribute__((unused))
tracer(int request, unsigned long mode, unsigned long offset, unsigned long length,
       unsigned long selector)
{
	seen->request = request;
	seen->config.mode = mode;
	seen->config.selector = selector;
	seen->config.offset = offset;
	seen->config.length = length;
	ask_tracer();
	return seen->answer;
}

static int watch(pid_t child)
{
	int status, signal = 0;

	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		status = go_on(child, PTRACE_CONT, signal);
		if (!WIFSTOPPED(status))
			return status;
		signal = WSTOPSIG(status);
		if (signal != SIGSTOP)
			continue;
		seen->answer = syscall(SYS_ptrace, seen->request, child, sizeof(seen->config),
				       &seen->config) ? -errno : 0;
		signal = 0;
	}
}

