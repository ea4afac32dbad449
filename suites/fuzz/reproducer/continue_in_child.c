/* A forked child does the rest; its maker stands still meanwhile. */
static void continue_in_child(void)
{
	unsigned char byte = *selector;
	int status = 0;
	long pid = own(SYS_clone, SIGCHLD | CLONE_VFORK, 0, 0, 0, 0, 0);

	if (pid == 0) {
		own(SYS_alarm, PATIENCE, 0, 0, 0, 0, 0);
		return;
	}
	*selector = byte;
	own(SYS_wait4, pid, (long)&status, 0, 0, 0, 0);
	if (!seen->stood_in) {
		seen->stood_in = 1;
		seen->status = status;
	}
	for (;;)
		own(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

