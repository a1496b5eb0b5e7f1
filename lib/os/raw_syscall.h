#pragma once

/// System calls that touch nothing but registers: for code that runs on the thread area of somebody else (the
/// child between clone(CLONE_VM) and exec), where `errno` belongs to another process. They answer as the
/// kernel does: a value, or minus an errno.
///
/// On a processor without an own version below they go through libc and do write errno. Then the parent must
/// wait until the child executes (CLONE_VFORK): see TROUPE_RAW_SYSCALLS.

#include <sys/syscall.h>

#if defined(__x86_64__) || defined(__aarch64__)
#define TROUPE_RAW_SYSCALLS 1
#else
#define TROUPE_RAW_SYSCALLS 0
#include <unistd.h>

#include <cerrno>
#endif

namespace troupe::os {

[[gnu::always_inline]] inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                                               long e = 0) {
#if defined(__x86_64__)
  long answer;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  asm volatile("syscall"
               : "=a"(answer)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
               : "rcx", "r11", "memory");
  return answer;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
#else
  const long answer = syscall(number, a, b, c, d, e);
  return answer < 0 ? -errno : answer;
#endif
}

/// A pointer as an argument.
[[gnu::always_inline]] inline long raw(const void* pointer) {
  return reinterpret_cast<long>(pointer);
}

}  // namespace troupe::os
