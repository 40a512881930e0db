"""The package in a process of its own: Ctrl-C, the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import aivc
from conftest import gradient, stream_of

LONG_WORK = """
import sys, aivc
def tell(progress):
    print("working", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("call", ["encode", "decode", "evaluate"])
@pytest.mark.parametrize("callback", ["tell", "None"])
def test_ctrl_c_stops_long_work_and_leaves_no_file(
    call: str, callback: str, tmp_path: Path
) -> None:
    stream, video, output = tmp_path / "in.aivc", tmp_path / "in.y4m", tmp_path / "out.y4m"
    # Minutes of work, so that it cannot be over before it is stopped.
    frames = [gradient(256, 256)] * 2
    stream.write_bytes(stream_of(frames, pixel_format="yuv420"))
    aivc.decode(stream, video)
    header, _, frame = video.read_bytes().partition(b"FRAME\n")
    with video.open("wb") as file:
        file.write(header)
        for _ in range(4000):
            file.write(b"FRAME\n" + frame[: 256 * 256 * 3 // 2])
    calls = {
        "encode": f"aivc.encode({str(video)!r}, {str(output)!r}, progress={callback})",
        "evaluate": f"aivc.evaluate({str(video)!r}, {str(video)!r}, progress={callback})",
        "decode": f"aivc.decode({str(stream)!r}, {str(output)!r}, progress={callback})",
    }
    if call == "decode":
        header, packets = _packets(stream.read_bytes())
        stream.write_bytes(header + packets * 2000)
    before = sorted(tmp_path.iterdir())
    program = LONG_WORK.format(call=calls[call])
    if callback == "None":
        program = program.replace("try:", "print('working', flush=True)\ntry:", 1)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert rest.splitlines()[-1:] == ["interrupted"]
    assert sorted(tmp_path.iterdir()) == before


def _packets(stream: bytes) -> tuple[bytes, bytes]:
    """The header of a stream, and its packets."""
    encoder = aivc.Encoder(256, 256, 25, pixel_format="yuv420")
    header = b"".join(encoder)
    for _ in range(2):
        encoder.send(gradient(256, 256))
    packets = b"".join(encoder)
    assert stream.startswith(header + packets)
    return header, packets


def test_the_module_is_the_command(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "aivc", *arguments]
        return subprocess.run(command, capture_output=True, text=True)

    models = run("models", "--json")
    assert models.returncode == 0
    assert [model["name"] for model in json.loads(models.stdout)] == [
        model.name for model in aivc.models()
    ]
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
