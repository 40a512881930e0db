"""The package in a process of its own: Ctrl-C, the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import aivc
from conftest import gradient

LONG_WORK = """
import aivc
def tell(progress):
    print("working", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize(
    ("call", "callback"),
    [
        ("encode", "tell"),
        ("encode", "None"),
        ("decode", "tell"),
        ("decode", "None"),
        ("evaluate", "tell"),
    ],
)
def test_ctrl_c_stops_long_work_and_leaves_no_file(
    call: str, callback: str, tmp_path: Path
) -> None:
    stream, video, output = tmp_path / "in.aivc", tmp_path / "in.y4m", tmp_path / "out.y4m"
    header, packet = _header_and_packet()
    # Half a minute of work, so that it is not over before it is stopped.
    stream.write_bytes(header + packet * 4000)
    with video.open("wb") as file:
        file.write(b"YUV4MPEG2 W256 H256 F25:1 C420mpeg2\n")
        for _ in range(4000):
            file.write(b"FRAME\n" + bytes(256 * 256 * 3 // 2))
    before = sorted(tmp_path.iterdir())
    arguments = {
        "encode": (video, output),
        "decode": (stream, output),
        "evaluate": (video, video),
    }[call]
    names = ", ".join(repr(str(argument)) for argument in arguments)
    program = LONG_WORK.format(call=f"aivc.{call}({names}, progress={callback})")
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore it, and so would this one.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    if callback == "tell":
        assert process.stdout.readline() == "working\n"
    else:
        # The unfinished output, under a name of its own.
        while sorted(tmp_path.iterdir()) == before and process.poll() is None:
            time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert rest.splitlines()[-1:] == ["interrupted"]
    assert sorted(tmp_path.iterdir()) == before


def _header_and_packet() -> tuple[bytes, bytes]:
    encoder = aivc.Encoder(256, 256, 25, pixel_format="yuv420")
    header = b"".join(encoder)
    encoder.send(gradient(256, 256))
    return header, b"".join(encoder)


def test_the_module_is_the_command(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "aivc", *arguments]
        return subprocess.run(command, capture_output=True, text=True)

    models = run("models", "--json")
    assert models.returncode == 0
    listed = json.loads(models.stdout)
    listed = [entry for entry in listed if entry["model"]["family"] != "refinement"]
    assert [entry["name"] for entry in listed] == [model.name for model in aivc.models()]
    assert run("--version").stdout.split() == ["aivc", aivc.__version__]
    assert run("encode").returncode == 2
    missing = run("decode", str(tmp_path / "none.aivc"), "--md5")
    assert missing.returncode == 1 and "none.aivc" in missing.stderr


def test_the_wheel_brings_the_command_and_its_types() -> None:
    script = Path(sys.executable).with_name("aivc")
    result = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["aivc", aivc.__version__]
    package = Path(aivc.__file__).parent
    assert (package / "py.typed").is_file() and (package / "_native.pyi").is_file()
