/* Flags that a program can change, or that change how it runs. */
#define FLAGS 0x247fd7ul

/* All registers but RSP and RIP, bit for bit. R11 is a copy of the flags where the call wrote it. */
static void expect_registers(const unsigned long *expected, const unsigned long *got, int copy)
{
	static const char *const names[REGISTERS] = {
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx",
		"rdx", "rax", "rcx", "rsp", "rip", "the flags",
	};

	for (int i = 0; i < REGISTERS; i++) {
		unsigned long bits = i == REG_EFL || (i == REG_R11 && copy) ? FLAGS : ~0ul;

		if (i != REG_RSP && i != REG_RIP)
			expect(names[i], expected[i] & bits, got[i] & bits);
	}
}

