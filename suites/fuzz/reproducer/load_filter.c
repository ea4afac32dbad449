static void load_filter(const struct sock_filter *filter, int length)
{
	struct sock_fprog program = { length, (struct sock_filter *)filter };

	own(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&program, 0, 0, 0);
}

