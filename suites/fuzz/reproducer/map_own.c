/*
 * The program's own system calls and the end of its signal handler lie at an address of their own,
 * the same in every run: what is tried here may intercept them, too.
 */
#define OWN 0x500000000000
#define own ((long (*)(long nr, long, long, long, long, long, long))OWN)
#define TRAMPOLINE (OWN + 64)

extern const char own_code[], own_code_end[];
__asm__(".pushsection .text\n"
	"own_code:\n\t"
	"mov %rdi, %rax\n\tmov %rsi, %rdi\n\tmov %rdx, %rsi\n\tmov %rcx, %rdx\n\t"
	"mov %r8, %r10\n\tmov %r9, %r8\n\tmov 8(%rsp), %r9\n\tsyscall\n\tret\n"
	".org own_code + 64\n\t"
	"mov $15, %eax\n\tsyscall\n"			/* rt_sigreturn */
	".org own_code + 96\n\t"
	"pop %rdi\n\tmov $58, %eax\n\tsyscall\n\tpush %rdi\n\tret\n"	/* vfork */
	"own_code_end:\n"
	".popsection");

static void map_own(void)
{
	void *page = mmap((void *)OWN, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	need(page == (void *)OWN, "a page of code");
	memcpy(page, own_code, own_code_end - own_code);
}

