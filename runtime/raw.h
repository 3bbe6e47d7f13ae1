/*
 * System calls without libc: a result of -4095 to -1 is an errno, negated.
 *
 * For processes that share a caller's memory while its threads run (clone(2), CLONE_VM without
 * CLONE_VFORK): errno and whatever else a libc keeps in thread-local storage would be those of one
 * of the caller's threads, which may be using it, or be gone. Such a process calls nothing but
 * these, and functions of string.h. Register conventions: syscall(2), "Architecture calling
 * conventions".
 */
#ifndef WRIT_RUNTIME_RAW_H
#define WRIT_RUNTIME_RAW_H

#if defined(__x86_64__)
static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return a0;
}
#else
#error "no system call convention for this architecture"
#endif

/* Up to six arguments, integers or pointers. */
#define RAW(number, ...)                   RAW_PICK(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)(number, __VA_ARGS__)
#define RAW0(number)                       raw_call((number), 0, 0, 0, 0, 0, 0)
#define RAW_PICK(a, b, c, d, e, f, n, ...) RAW_JOIN(RAW_, n)
#define RAW_JOIN(x, y)                     RAW_JOINED(x, y)
#define RAW_JOINED(x, y)                   x##y
#define RAW_1(n, a)                        raw_call((n), (long)(a), 0, 0, 0, 0, 0)
#define RAW_2(n, a, b)                     raw_call((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW_3(n, a, b, c)                  raw_call((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW_4(n, a, b, c, d)               raw_call((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW_5(n, a, b, c, d, e)                                                                    \
	raw_call((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define RAW_6(n, a, b, c, d, e, f)                                                                 \
	raw_call((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#endif
