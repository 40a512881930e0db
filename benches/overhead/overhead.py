#!/usr/bin/env python3
"""What coding through Python and through C costs over the command, which is Rust.

usage: overhead.py AIVC LIBAIVC.so CLIP.y4m [ROUNDS]

AIVC is the command, LIBAIVC.so the C library, built from the same sources; `aivc` must be installed
in the Python that runs this. Every way codes the whole clip in a process of its own, on one thread,
way after way in every round. Counted is processor time, user and system, of the whole process: unlike
the time on the clock, it hardly depends on what else runs. What Python takes to start and to import
`aivc` is a line of its own, and taken off the others. Medians of all rounds.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
FFI = HERE.parents[1] / "aivc-ffi"


def measure(command):
    """Seconds of processor time, and on the clock."""
    begun = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - begun


def main(aivc, library, clip, rounds="7"):
    with tempfile.TemporaryDirectory(prefix="aivc-overhead-") as work:
        compare(aivc, Path(library).resolve(), clip, int(rounds), Path(work))


def compare(aivc, library, clip, rounds, work):
    program, stream, decoded = work / "coding", work / "stream.aivc", work / "decoded"
    subprocess.run(
        ["gcc", "-std=c99", "-O2", f"-I{FFI}/include", f"-I{FFI}/c-tests", HERE / "coding.c"]
        + ["-o", program, library, f"-Wl,-rpath,{library.parent}"],
        check=True,
    )
    python = [sys.executable, HERE / "coding.py"]
    files = [clip, stream, decoded]
    encode, decode = [clip, "-o", stream], [stream, "-o", f"{decoded}.y4m"]
    ways = {
        "encode": {"command": [aivc, "-q", "encode", *encode, "--threads", "1"]},
        "decode": {"command": [aivc, "-q", "decode", *decode, "--threads", "1"]},
        "start": {"Python": [*python, "start", *files]},
    }
    for task in ["encode", "decode"]:
        for kind in ["file", "frames"]:
            ways[task][f"C, {kind}"] = [program, f"{task}-{kind}", *files]
            ways[task][f"Python, {kind}"] = [*python, f"{task}-{kind}", *files]

    seconds = {(task, way): [] for task in ways for way in ways[task]}
    written = {}
    for _ in range(rounds):
        for task, way in seconds:
            seconds[task, way].append(measure(ways[task][way]))
            if task == "encode":
                # Without the header: Python's session names the colours that y4m leaves open.
                written[way] = stream.read_bytes()[256:]
    assert len(set(written.values())) == 1, "the streams differ"

    print("| | processor, s | over the command | clock, s |\n|---|---|---|---|")
    start = seconds.pop(("start", "Python"))
    print(f"| start of Python | {median(start, 0):.3f} | | {median(start, 1):.3f} |")
    for (task, way), runs in seconds.items():
        own = start if way.startswith("Python") else [(0, 0)] * rounds
        runs = [(run[0] - less[0], run[1] - less[1]) for run, less in zip(runs, own)]
        # Round by round, so that a machine that changes its speed changes both.
        ratios = [(run[0] / base[0],) for run, base in zip(runs, seconds[task, "command"])]
        over = "" if way == "command" else f"{median(ratios, 0) - 1:+.1%}"
        print(f"| {task}: {way} | {median(runs, 0):.3f} | {over} | {median(runs, 1):.3f} |")


def median(runs, column):
    return statistics.median(run[column] for run in runs)


if __name__ == "__main__":
    main(*sys.argv[1:])
