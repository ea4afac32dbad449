/* Registers in the order of ucontext_t (REG_R8, ... in sys/ucontext.h). */
#define REGISTERS 18

/*
 * Calls the code at an address with these registers, and gives them as they come back; RSP and RIP
 * are results only: the stack pointer as the code saw it, and the address it came back to.
 */
void enter(unsigned long address, unsigned long *registers);
__asm__(".pushsection .text\n"
	"enter:\n\t"
	"push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"
	"push %rsi\n\tpush %rdi\n\t"
	"lea -8(%rsp), %rax\n\tmov %rax, 15*8(%rsi)\n\t"
	"push 17*8(%rsi)\n\tpopf\n\t"
	"mov (%rsi), %r8\n\tmov 1*8(%rsi), %r9\n\tmov 2*8(%rsi), %r10\n\tmov 3*8(%rsi), %r11\n\t"
	"mov 4*8(%rsi), %r12\n\tmov 5*8(%rsi), %r13\n\tmov 6*8(%rsi), %r14\n\t"
	"mov 7*8(%rsi), %r15\n\tmov 8*8(%rsi), %rdi\n\tmov 10*8(%rsi), %rbp\n\t"
	"mov 11*8(%rsi), %rbx\n\tmov 12*8(%rsi), %rdx\n\tmov 13*8(%rsi), %rax\n\t"
	"mov 14*8(%rsi), %rcx\n\tmov 9*8(%rsi), %rsi\n\t"
	"call *(%rsp)\n"
	"0:\tpushf\n\tpush %rsi\n\tmov 24(%rsp), %rsi\n\t"
	"mov %r8, (%rsi)\n\tmov %r9, 1*8(%rsi)\n\tmov %r10, 2*8(%rsi)\n\tmov %r11, 3*8(%rsi)\n\t"
	"mov %r12, 4*8(%rsi)\n\tmov %r13, 5*8(%rsi)\n\tmov %r14, 6*8(%rsi)\n\t"
	"mov %r15, 7*8(%rsi)\n\tmov %rdi, 8*8(%rsi)\n\tmov %rbp, 10*8(%rsi)\n\t"
	"mov %rbx, 11*8(%rsi)\n\tmov %rdx, 12*8(%rsi)\n\tmov %rax, 13*8(%rsi)\n\t"
	"mov %rcx, 14*8(%rsi)\n\tlea 0b(%rip), %rax\n\tmov %rax, 16*8(%rsi)\n\t"
	"pop 9*8(%rsi)\n\tpop 17*8(%rsi)\n\tcld\n\tadd $16, %rsp\n\t"
	"pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\tret\n"
	".popsection");

