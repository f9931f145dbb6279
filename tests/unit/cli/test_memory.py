"""What is freed goes back: no thread has a pool of its own, and a large piece that was freed once changes nothing."""

import platform
import subprocess
import sys

import pytest

BEGINNING = "from stoflow.cli.memory import give_back_what_is_freed; give_back_what_is_freed()"
# glibc tells of its pools in XML; eight threads live at once, and a piece of 8 MiB was freed before another is held.
PROGRAM = """
import ctypes, threading
{beginning}
pieces = threading.Barrier(9)

def hold():
    kept = [bytes(50_000) for _ in range(10)]
    pieces.wait(), pieces.wait()

for _ in range(8):
    threading.Thread(target=hold).start()
pieces.wait()
freed = bytes(8 << 20)
del freed
large = bytes(4 << 20)
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
pieces.wait()
"""


def pools_of(beginning: str) -> tuple[int, int]:
    """Return how many pools there are, and how many large pieces stand apart from them."""
    program = PROGRAM.format(beginning=beginning)
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    return told.count("<heap nr="), int(told.rpartition('<total type="mmap" count="')[2].partition('"')[0])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps memory in another way")
def test_a_process_has_two_pools_and_large_pieces_apart() -> None:
    pools, apart = pools_of("")
    assert pools > 2
    assert pools_of(BEGINNING) == (2, apart + 1)
