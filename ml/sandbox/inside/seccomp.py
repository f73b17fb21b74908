"""A seccomp filter: after it, the process computes on descriptors it already holds and does nothing else.

Denied calls fail with EPERM rather than kill, so that a library's harmless wish (to read /etc/localtime)
costs nothing; memory can't be made executable either. See seccomp(2) and linux/filter.h.
"""

import ctypes
import errno
import platform
import struct

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_ALLOW, _KILL, _DENY = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_LOAD, _JUMP_EQ, _JUMP_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_OFFSET_NR, _OFFSET_ARCH, _OFFSET_ARG2 = 0, 4, 32  # struct seccomp_data, little-endian low word
_PROT_EXEC = 4

# machine: (AUDIT_ARCH, {call: number}, mmap, mprotect); asm/unistd.h of each.
_MACHINES: dict[str, tuple[int, dict[str, int], int, int]] = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "munmap": 11, "brk": 12,
            "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19,
            "writev": 20, "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39,
            "exit": 60, "gettimeofday": 96, "getrusage": 98, "sigaltstack": 131, "gettid": 186, "futex": 202,
            "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228, "clock_nanosleep": 230,
            "exit_group": 231, "tgkill": 234, "getrandom": 318,
        },
        9,
        10,
    ),
    "aarch64": (
        0xC00000B7,
        {
            "close": 57, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67,
            "ppoll": 73, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101,
            "clock_gettime": 113, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124,
            "restart_syscall": 128, "tgkill": 131, "sigaltstack": 132, "rt_sigaction": 134,
            "rt_sigprocmask": 135, "rt_sigreturn": 139, "getrusage": 165, "gettimeofday": 169, "getpid": 172,
            "gettid": 178, "brk": 214, "munmap": 215, "mremap": 216, "madvise": 233, "getrandom": 278,
        },
        222,
        226,
    ),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install() -> None:
    """Put the filter on this process, for good. OSError where the kernel or the machine has none."""
    machine = platform.machine()
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no filter for {machine}")
    code = _program(*_MACHINES[machine])
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0)
    _prctl(_PR_SET_SECCOMP, _FILTER, ctypes.addressof(program))


def die_with_parent() -> None:
    """SIGKILL this process when its parent ends (PR_SET_PDEATHSIG)."""
    _prctl(1, 9, 0)


def _program(arch: int, calls: dict[str, int], mmap: int, mprotect: int) -> bytes:
    lines = [(_LOAD, 0, 0, _OFFSET_ARCH), (_JUMP_EQ, 1, 0, arch), (_RETURN, 0, 0, _KILL)]
    lines += [(_LOAD, 0, 0, _OFFSET_NR)]
    for number in calls.values():
        lines += [(_JUMP_EQ, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    lines += [(_JUMP_EQ, 2, 0, mmap), (_JUMP_EQ, 1, 0, mprotect), (_RETURN, 0, 0, _DENY)]
    lines += [(_LOAD, 0, 0, _OFFSET_ARG2), (_JUMP_SET, 0, 1, _PROT_EXEC), (_RETURN, 0, 0, _DENY)]
    lines += [(_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, second: int, third: int) -> None:
    long = ctypes.c_ulong
    if _libc.prctl(ctypes.c_int(option), long(second), long(third), long(0), long(0)) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
