#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
		CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID)

/* Waits until the thread is gone that clears this word. */
static volatile int tid = -1;

static void start_thread(void (*task)(void))
{
	own(SYS_clone, THREAD, stack_for(task), (long)&tid, (long)&tid, 0, 0);
	while (tid)
		own(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

