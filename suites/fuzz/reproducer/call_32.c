/* The same with the registers of the 32-bit ABI. */
static long call_32(unsigned long address, unsigned long rax, unsigned long a, unsigned long b,
		    unsigned long c, unsigned long d, unsigned long e, unsigned long f)
{
	unsigned long registers[REGISTERS] = {
		[REG_RAX] = rax, [REG_RBX] = a, [REG_RCX] = b, [REG_RDX] = c, [REG_RSI] = d,
		[REG_RDI] = e, [REG_RBP] = f, [REG_EFL] = 0x202,
	};

	enter(address, registers);
	return registers[REG_RAX];
}

