//! A difference as one C file that shows it without sigsys.

use super::programs::Program;
use model::dispatch::Args;
use model::signal::Info;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What every program begins with.
const BEGINNING: &str = r#"#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int signals, shown[8];
static volatile unsigned char *selector;

static void handler(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)context;
	if (signals++ == 0)
		for (int i = 0; i < 8; i++)
			shown[i] = ((int *)info)[i];
	if (selector)
		*selector = 0;
}

static long raw(long nr, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall" : "=a"(result)
		: "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return result;
}

/* "syscall; ret" (or "int $0x80; ret") where the failing input had it. */
static void place(unsigned long instruction, int compat)
{
	unsigned char *page = (void *)(instruction & ~4095ul);

	if (mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
		page = mmap(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	memcpy((void *)instruction, compat ? "\xcd\x80\xc3" : "\x0f\x05\xc3", 3);
	(void)page;
}

static long from(unsigned long instruction, long nr, const unsigned long *args, int compat)
{
	long result;

	if (compat) {
		__asm__ volatile("push %%rbp\n\tpush %%rbx\n\tmov 0(%[args]), %%rbx\n\t"
			"mov 8(%[args]), %%rcx\n\tmov 16(%[args]), %%rdx\n\tmov 24(%[args]), %%rsi\n\t"
			"mov 40(%[args]), %%rbp\n\tmov 32(%[args]), %%rdi\n\t"
			"call *%%r12\n\tpop %%rbx\n\tpop %%rbp"
			: "=a"(result) : "a"(nr), [args] "r"(args), "r"(instruction)
			: "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
	} else {
		__asm__ volatile("mov 0(%[args]), %%rdi\n\tmov 8(%[args]), %%rsi\n\t"
			"mov 16(%[args]), %%rdx\n\tmov 24(%[args]), %%r10\n\t"
			"mov 40(%[args]), %%r9\n\tmov 32(%[args]), %%r8\n\tcall *%[insn]"
			: "=a"(result) : "a"(nr), [args] "r"(args), [insn] "r"(instruction)
			: "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
	}
	return result;
}

/* What was seen, in memory that the child and its parent share: calls may be intercepted. */
static struct seen {
	int done, count;
	struct {
		const char *what;
		long expected, got;
	} facts[512];
} *seen;

static void expect(const char *what, long expected, long got)
{
	if (seen->count == 512)
		return;
	seen->facts[seen->count].what = what;
	seen->facts[seen->count].expected = expected;
	seen->facts[seen->count++].got = got;
}

"#;

/// One C file in the making: steps in a child, and how it is to end.
pub(crate) struct Reproducer {
    body: String,
    end: Option<i32>,
    steps: usize,
}

impl Reproducer {
    /// Nothing is done yet.
    pub(crate) fn new() -> Self {
        Self { body: String::new(), end: None, steps: 0 }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.body, "\t{line}");
    }

    /// SIGSYS runs a handler that counts, and lets calls run where there is a selector.
    pub(crate) fn handler(&mut self) {
        self.line("struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };");
        self.line("sigaction(SIGSYS, &action, NULL);");
    }

    /// A selector at this address.
    pub(crate) fn selector(&mut self, address: u64) {
        let page = address & !0xfff;
        self.line(&format!(
            "mmap((void *){page:#x}, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | \
             MAP_FIXED, -1, 0);"
        ));
        self.line(&format!("selector = (void *){address:#x};"));
        self.line("memset((void *)(selector - 8), 0xff, 17);");
        self.line("*selector = 0;");
    }

    /// Code that makes calls.
    pub(crate) fn gadget(&mut self, instruction: u64, compat: bool) {
        self.line(&format!("place({instruction:#x}, {});", u8::from(compat)));
    }

    /// The prctl, by the instruction of its ABI, and its answer.
    pub(crate) fn prctl(&mut self, args: Args, compat: Option<u64>, expected: i64) {
        let Args { mode, offset, length, selector } = args;
        self.steps += 1;
        let what = format!("prctl(59, {mode:#x}, {offset:#x}, {length:#x}, {selector:#x})");
        let call = match compat {
            None => format!("raw(157, 59, {mode:#x}, {offset:#x}, {length:#x}, {selector:#x}, 0)"),
            Some(instruction) => format!(
                "from({instruction:#x}, 172, (unsigned long[]){{ 59, {mode:#x}, {offset:#x}, \
                 {length:#x}, {selector:#x}, 0 }}, 1)"
            ),
        };
        self.line(&format!("expect(\"{what}\", {expected}, {call});"));
    }

    /// A store in the selector.
    pub(crate) fn store(&mut self, byte: u8) {
        self.line(&format!("*selector = {byte};"));
    }

    /// A filter.
    pub(crate) fn filter(&mut self, program: &Program) {
        let instructions: Vec<_> = program
            .iter()
            .map(|i| format!("{{ {:#x}, {}, {}, {:#x} }}", i.code, i.jt, i.jf, i.k))
            .collect();
        self.line("{");
        self.line(&format!("\tstruct sock_filter code[] = {{ {} }};", instructions.join(", ")));
        self.line(&format!("\tstruct sock_fprog program = {{ {}, code }};", program.len()));
        self.line("\tprctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);");
        self.line("\tsyscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);");
        self.line("}");
    }

    /// A filter with a listener: a second one is EBUSY for a good program, too.
    pub(crate) fn listener(&mut self) {
        self.line("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);");
        self.line("{");
        self.line("\tstruct sock_filter code[] = { { 6, 0, 0, SECCOMP_RET_ALLOW } };");
        self.line("\tstruct sock_fprog program = { 1, code };");
        self.line("\tsyscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 8, &program);");
        self.line("}");
    }

    /// The answer to a program.
    pub(crate) fn program(&mut self, program: &Program, expected: i64) {
        let instructions: Vec<_> = program
            .iter()
            .map(|i| format!("{{ {:#x}, {}, {}, {:#x} }}", i.code, i.jt, i.jf, i.k))
            .collect();
        let code = if program.is_empty() { "{ 0 }".into() } else { instructions.join(", ") };
        self.steps += 1;
        self.line("{");
        self.line(&format!("\tstruct sock_filter code[] = {{ {code} }};"));
        self.line(&format!("\tstruct sock_fprog program = {{ {}, code }};", program.len()));
        let call = "raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 8, (long)&program, 0, 0, 0)";
        self.line(&format!("\texpect(\"program\", {expected}, {call});"));
        self.line("}");
    }

    /// A call from a gadget: how often the handler runs, and the result; `None` where it is not known
    /// beforehand.
    pub(crate) fn call(
        &mut self,
        instruction: u64,
        compat: bool,
        rax: u64,
        args: [u64; 6],
        expected: Option<(u64, i64)>,
        shown: Option<Info>,
    ) {
        let args = args.map(|value| format!("{value:#x}")).join(", ");
        self.steps += 1;
        self.line("signals = 0;");
        self.line(&format!(
            "result = from({instruction:#x}, (long){rax:#x}, (unsigned long[]){{ {args} }}, {});",
            u8::from(compat)
        ));
        self.line("if (selector) *selector = 0;");
        if let Some((signals, result)) = expected {
            self.line(&format!("expect(\"signals of a call\", {signals}, signals);"));
            self.line(&format!("expect(\"its result\", {result}, result);"));
        }
        if let Some(Info { errno, code, syscall, arch, .. }) = shown {
            self.line(&format!("expect(\"si_errno\", {errno}, shown[1]);"));
            self.line(&format!("expect(\"si_code\", {code}, shown[2]);"));
            self.line(&format!("expect(\"si_syscall\", {syscall}, shown[6]);"));
            self.line(&format!("expect(\"si_arch\", (int){arch:#x}, shown[7]);"));
        }
    }

    /// The last step is to kill the process.
    pub(crate) fn dies(&mut self, signal: i32) {
        self.end = Some(signal);
    }

    /// The C text.
    pub(crate) fn text(&self, about: &str) -> String {
        let about = about.replace("*/", "* /");
        let (body, signal) = (&self.body, self.end.unwrap_or(0));
        format!(
            "/*\n{about}\n\ngcc -Wall -Werror -o reproducer THIS_FILE && ./reproducer\n\
             Leaves with 1 where the kernel differs from what is expected.\n*/\n{BEGINNING}\
             static void steps(void)\n{{\n\tlong result = 0;\n\n{body}\n\
             \t(void)result, (void)raw, (void)place, (void)from, (void)expect, (void)handler;\n}}\n\n\
             #define SIGNAL {signal}\n{END}"
        )
    }

    /// Writes it to a folder; gives the file.
    pub(crate) fn write(&self, folder: &Path, name: &str, about: &str) -> Option<PathBuf> {
        if self.steps == 0 {
            return None;
        }
        std::fs::create_dir_all(folder).ok()?;
        let path = folder.join(format!("{name}.c"));
        std::fs::write(&path, self.text(about)).ok()?;
        Some(path)
    }
}

/// The child runs the steps and faults, for its calls may be intercepted; its parent judges.
const END: &str = r#"
int main(void)
{
	void (*volatile nowhere)(void) = (void (*)(void))8;
	int status = 0, died, bad = 0;
	pid_t child;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child == 0) {
		steps();
		seen->done = 1;
		nowhere();
	}
	waitpid(child, &status, 0);
	for (int i = 0; i < seen->count; i++) {
		int same = seen->facts[i].expected == seen->facts[i].got;

		printf("%s: expected %ld, got %ld%s\n", seen->facts[i].what, seen->facts[i].expected,
		       seen->facts[i].got, same ? "" : "   <-- differs");
		bad |= !same;
	}
	died = !seen->done && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	printf("signal that killed it: expected %d, got %d%s\n", SIGNAL, died,
	       died == SIGNAL ? "" : "   <-- differs");
	return bad || died != SIGNAL;
}
"#;
