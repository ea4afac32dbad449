/* A target that makes notified calls, and its supervisor. The target leaves its listener in the table that both
 * share at first. */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#define NUMBER 0x3fff
#define ADDFD _IOW('!', 3, struct addfd)

struct addfd {
	unsigned long long id;
	unsigned int flags, srcfd, newfd, newfd_flags;
};

static pid_t target;
static unsigned long long first_id;

static inline void count(int signal)
{
	(void)signal;
	seen->handled++;
}

/* Waits until the target no longer runs. */
static void settle(void)
{
	char path[64], text[512], state, before = 0;
	int times = 0, fd;
	long length;

	snprintf(path, sizeof(path), "/proc/%d/stat", target);
	while (times < 4) {
		fd = open(path, O_RDONLY);
		if (fd < 0)
			return;
		length = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[length < 0 ? 0 : length] = 0;
		need(strrchr(text, ')') != NULL, "the target's state");
		state = strrchr(text, ')')[2];
		times = state != 'R' && state == before ? times + 1 : 0;
		before = state;
		sched_yield();
	}
}

static void start_target(unsigned long flags, void (*handler)(int), int restarts, int calls)
{
	struct sock_filter filter[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, NUMBER },
		{ BPF_RET, 0, 0, SECCOMP_RET_USER_NOTIF },
		{ BPF_RET, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog program = { 4, filter };
	struct sigaction action;
	int listener;
	long result;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = restarts ? SA_RESTART : 0;
	seen->listener = -1;
	target = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	need(target >= 0, "a target");
	if (target == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		sigaction(SIGUSR1, &action, NULL);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | 8, &program);
		if (listener < 0 || unshare(CLONE_FILES))
			_exit(CANNOT);
		close(listener);
		seen->listener = listener;
		while (calls--) {
			result = own(NUMBER, 0, 0, 0, 0, 0, 0);
			seen->last = result;
			seen->returned++;
		}
		for (;;)
			pause();
	}
	while (seen->listener < 0)
		need(waitpid(target, NULL, WNOHANG) == 0, "a listener");
	settle();
}

static inline long asked(unsigned long request, void *about)
{
	long result = ioctl(seen->listener, request, about);

	if (result < 0)
		result = -errno;
	settle();
	return result;
}

static inline long receive(void)
{
	struct seccomp_notif got;
	long result;

	memset(&got, 0, sizeof(got));
	result = asked(SECCOMP_IOCTL_NOTIF_RECV, &got);
	if (result < 0)
		return result;
	if (!first_id)
		first_id = got.id;
	return got.id - first_id;
}

static inline long look(unsigned int number)
{
	unsigned long long id = first_id + number;

	return asked(_IOW('!', 2, unsigned long long), &id);
}

static inline long poll_listener(void)
{
	struct pollfd entry = { seen->listener, POLLIN | POLLOUT, 0 };

	poll(&entry, 1, 0);
	return entry.revents;
}

static inline long respond(unsigned int number, long val, int error, unsigned int flags)
{
	struct seccomp_notif_resp response = { first_id + number, val, error, flags };

	return asked(SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static inline long add_fd(unsigned int number, unsigned int flags, unsigned int newfd, unsigned int newfd_flags)
{
	struct addfd add = { first_id + number, flags, 1, newfd, newfd_flags };

	return asked(ADDFD, &add);
}

static inline long send_signal(int signal)
{
	kill(target, signal);
	settle();
	return 0;
}

static inline long stop_and_continue(void)
{
	send_signal(SIGSTOP);
	return send_signal(SIGCONT);
}

static inline long close_listener(void)
{
	close(seen->listener);
	settle();
	return 0;
}

static inline long kill_target(void)
{
	kill(target, SIGKILL);
	waitpid(target, NULL, 0);
	return 0;
}

