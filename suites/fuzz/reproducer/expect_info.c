/* The fields of the signal of an intercepted call. */
static void expect_info(int si_errno, int code, unsigned long call_addr, int nr, unsigned int arch)
{
	expect("si_errno", si_errno, info.si_errno);
	expect("si_code", code, info.si_code);
	expect("si_call_addr", call_addr, (long)info.si_call_addr);
	expect("si_syscall", nr, info.si_syscall);
	expect("si_arch", arch, info.si_arch);
}

