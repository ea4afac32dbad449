/* What the handler was shown first since the step began. */
static siginfo_t info;
static ucontext_t saved;
/* Where the handler's first act is to store 0; NULL for nowhere. */
static volatile unsigned char *allows;

/* AGAIN */
static void handler(int signal, siginfo_t *its_info, void *context)
{
	(void)signal;
	if (allows)
		*allows = 0;
	if (signals++)
		return;
	for (unsigned int i = 0; i < sizeof(info); i++)
		((volatile char *)&info)[i] = ((char *)its_info)[i];
	/* As far as a kernel writes it. */
	for (unsigned int i = 0; i < offsetof(ucontext_t, uc_sigmask) + 8; i++)
		((volatile char *)&saved)[i] = ((char *)context)[i];
	/* DOES */
}

/* What SIGSYS does: SIG_DFL, SIG_IGN or the handler. */
static long handle(void *how, unsigned long flags, unsigned long trampoline)
{
	struct {
		void *handler;
		unsigned long flags, trampoline, mask;
	} action = { how, flags | SA_SIGINFO | 0x04000000 /* SA_RESTORER */, trampoline, 0 };

	return own(SYS_rt_sigaction, SIGSYS, (long)&action, 0, 8, 0, 0);
}

