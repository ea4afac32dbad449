/* A new task makes one call from GADGET, which is to run, and ends. */
static volatile int found;

static void task(void)
{
	found = call(GADGET, 0x3fff, 0, 0, 0, 0, 0, 0) == -ENOSYS && signals == 0 ? 40 : 41;
	for (;;)
		own(SYS_exit, found, 0, 0, 0, 0, 0);
}

