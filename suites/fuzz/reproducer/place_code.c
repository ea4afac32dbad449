#define SYSCALL "\x0f\x05\xc3"		/* syscall; ret */
#define INT80 "\xcd\x80\xc3"		/* int $0x80; ret */

/* An instruction that enters the kernel, at this very address. */
static void place_code(unsigned long address, const char *code)
{
	int any = PROT_READ | PROT_WRITE | PROT_EXEC;
	void *page = (void *)(address & ~4095ul);

	if (mprotect(page, 4096, any))
		need(mmap(page, 4096, any, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			  -1, 0) == page, "a page of code");
	memcpy((void *)address, code, 3);
}

