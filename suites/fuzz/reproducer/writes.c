/* Which registers a tracer writes. */
#define NUMBER 1
#define RESULT 2
#define ARGUMENT 4
#define REGISTER(name) offsetof(struct user_regs_struct, name)

/* Lets the tracer know of the stops of the next call. */
static void traced(struct stop entry, struct stop filter)
{
	seen->stops = 0;
	seen->entry = entry;
	seen->filter = filter;
	ask_tracer();
}

/* Compares what a stop shows, and writes. */
static void at_stop(pid_t child, volatile struct stop *stop)
{
	struct user_regs_struct registers;

	ptrace(PTRACE_GETREGS, child, 0, &registers);
	seen->stops++;
	record_fact("a stop of the tracee", stop->comes, 1);
	record_fact("the number at the stop", stop->number, registers.orig_rax);
	record_fact("the result at the stop", stop->result, registers.rax);
	if (stop == &seen->filter) {
		unsigned long message = 0;

		ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
		record_fact("the message of the filter", stop->message, message & 0xffff);
		record_fact("rip at the stop", stop->rip, registers.rip);
	}
	if (stop->writes & NUMBER)
		registers.orig_rax = stop->new_number;
	if (stop->writes & RESULT)
		registers.rax = stop->new_result;
	if (stop->writes & ARGUMENT)
		*(unsigned long long *)((char *)&registers + stop->argument) = stop->new_argument;
	registers.rip += stop->moved;
	ptrace(PTRACE_SETREGS, child, 0, &registers);
}

static int watch(pid_t child)
{
	int status, signal = 0;
	long how = PTRACE_CONT;

	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP);
	for (;;) {
		status = go_on(child, how, signal);
		how = PTRACE_CONT;
		signal = 0;
		if (seen->differs)
			kill(child, SIGKILL);
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) == SIGSTOP && seen->entry.comes)
			how = PTRACE_SYSCALL;
		else if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_stop(child, &seen->entry);
		else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			at_stop(child, &seen->filter);
		else if (WSTOPSIG(status) != SIGSTOP)
			signal = WSTOPSIG(status);
	}
	if (!seen->done)
		record_fact("stops", seen->entry.comes + seen->filter.comes, seen->stops);
	return status;
}

