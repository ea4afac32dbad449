#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

/* How a process ends. */
#define FINISHED (-1)			/* it did everything it was to do */
#define KILLED(signal) (signal)
#define EXITED(status) ((status) << 8)
#define CANNOT 77			/* status: this cannot be tried here */
#define PATIENCE 15			/* seconds until SIGALRM */

/* Deliveries of SIGSYS. */
static volatile int signals;

/* What was seen, in memory that outlives whoever saw it. */
static volatile struct seen {
	int facts, steps, differs, done;
	const char *step, *what;
	long expected, got;
SEEN} *seen;

static void step(const char *words)
{
	seen->steps++;
	seen->step = words;
	signals = 0;
}

/* Ends without a system call, which might be intercepted: by a fault. */
static void stop(void)
{
	void (*volatile nowhere)(void) = (void (*)(void))8;

	nowhere();
}

static void need(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	_exit(CANNOT);
}

