/* A call from there, and what comes back in RAX. */
static long call(unsigned long address, unsigned long rax, unsigned long a, unsigned long b,
		 unsigned long c, unsigned long d, unsigned long e, unsigned long f)
{
	unsigned long registers[REGISTERS] = {
		[REG_RAX] = rax, [REG_RDI] = a, [REG_RSI] = b, [REG_RDX] = c, [REG_R10] = d,
		[REG_R8] = e, [REG_R9] = f, [REG_EFL] = 0x202,
	};

	enter(address, registers);
	return registers[REG_RAX];
}

