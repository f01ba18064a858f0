"""Build the library of `posapp/domain/pricing/items/kernel.c` beside its source.

    python installer/price_kernel.py              with this machine's compiler (CC, else cc, gcc or clang)
    python installer/price_kernel.py --windows    price_kernel.dll with mingw-w64 (x86_64-w64-mingw32-gcc)

Nobody needs it: without a library Python gives the same answers later. What could not be built is said in
one line, and the exit code is 0 unless --must says that it has to be there. `--sanitize` builds one that
looks for wrong memory accesses and overflows (gcc; LD_PRELOAD=libasan.so where it is loaded), for the tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from posapp.domain.pricing.items.kernel import LIBRARY, SOURCE, loaded, source_number  # noqa: E402

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-shared")
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TIMEOUT_S = 120


def build(compiler: list[str], target: Path, extra: tuple[str, ...]) -> str:
    """Build it; "" or why not. A library that is there is replaced whole or not at all."""
    made = target.with_name(f".{target.name}.new")
    options = [*FLAGS, *extra, f"-DPOS_SOURCE={source_number(SOURCE)}"]
    try:
        subprocess.run(
            [*compiler, *options, "-o", str(made), str(SOURCE)], check=True, timeout=TIMEOUT_S, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        made.replace(target)
    except subprocess.CalledProcessError as error:
        return (error.stdout or "it failed").strip().splitlines()[-1]
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        made.unlink(missing_ok=True)
    return ""


def main(arguments: list[str]) -> int:
    """Build, say what became of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--windows", action="store_true", help="a DLL for Windows, with mingw-w64")
    parser.add_argument("--sanitize", action="store_true", help="with address and overflow checks")
    parser.add_argument("--must", action="store_true", help="exit 1 where it could not be built")
    parser.add_argument("--to", type=Path, help="where to put it (default: beside the source)")
    asked = parser.parse_args(arguments)
    if asked.windows:
        names, target = ["x86_64-w64-mingw32-gcc"], LIBRARY.with_name("price_kernel.dll")
        # Nothing but what Windows itself has is needed to load it.
        extra = ("-O2", "-static-libgcc")
    else:
        names, target = [os.environ.get("CC", ""), "cc", "gcc", "clang"], LIBRARY
        extra = ("-fPIC", "-fvisibility=hidden", *(SANITIZE if asked.sanitize else ("-O2",)))
    target = asked.to or target
    compiler = next((path for name in names if name and (path := shutil.which(name))), None)
    reason = build([compiler], target, extra) if compiler else "there is no C compiler"
    if not reason and not asked.windows and not asked.sanitize:
        reason = loaded(target).reason
    if reason:
        print(f"pos: prices are searched in Python, without the C kernel: {reason}", file=sys.stderr)
    return int(asked.must and bool(reason))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
