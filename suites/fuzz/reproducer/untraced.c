static int watch(pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	return status;
}

