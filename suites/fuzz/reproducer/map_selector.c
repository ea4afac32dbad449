/* The selector; the program stores to it through another mapping, whatever becomes of its page. */
static volatile unsigned char *selector;
static int selector_file;

static void map_selector(unsigned long address)
{
	unsigned long page = address & ~4095ul;
	char *alias;

	selector_file = syscall(SYS_memfd_create, "selector", 0);
	need(selector_file >= 0 && !ftruncate(selector_file, 4096), "a memory file");
	alias = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, selector_file, 0);
	need(alias != MAP_FAILED, "a page for the selector");
	need(mmap((void *)page, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		  selector_file, 0) == (void *)page, "a page for the selector");
	memset(alias + (address & 4095) - 8, 0xff, 17);
	selector = (void *)(alias + (address & 4095));
	*selector = 0;
}

