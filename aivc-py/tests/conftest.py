"""Clips that the tests share."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import aivc

REPOSITORY = Path(__file__).resolve().parents[2]
WALKWAY = REPOSITORY / "aivc-cli" / "assets" / "walkway.tar"

Array = npt.NDArray[Any]


@pytest.fixture(scope="session")
def walkway() -> list[aivc.YuvPlanes]:
    """The first 3 frames of the demo clip, 560x320, 4:2:0, 8 bits.

    The archive holds a grey picture a frame: luma above, Cb and Cr side by side beneath it.
    """
    frames = []
    with tarfile.open(WALKWAY) as archive:
        for member in archive.getmembers()[:3]:
            file = archive.extractfile(member)
            assert file is not None
            picture = np.asarray(Image.open(io.BytesIO(file.read())))
            luma, chroma = picture[:320], picture[320:]
            frames.append(aivc.YuvPlanes(luma, chroma[:, :280], chroma[:, 280:]))
    return frames


@pytest.fixture(scope="session")
def walkway_y4m(
    walkway: list[aivc.YuvPlanes], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same as a file."""
    path = tmp_path_factory.mktemp("clip") / "walkway.y4m"
    write_y4m(path, walkway, fps="30000:1001")
    return path


def write_y4m(path: Path, frames: list[aivc.YuvPlanes], fps: str = "25:1") -> None:
    height, width = frames[0].y.shape
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps} C420mpeg2\n".encode())
        for frame in frames:
            file.write(b"FRAME\n")
            for plane in frame:
                file.write(np.ascontiguousarray(plane).tobytes())


def gradient(height: int, width: int, shift: int = 0, dtype: Any = np.uint8) -> Array:
    """A smooth RGB picture that every codec can code; 8 or 10 bits, by the dtype."""
    peak = 255 if dtype == np.uint8 else 1023
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin((x + shift) / 9.0), np.cos(y / 7.0), np.sin((x + y + shift) / 13.0)]
    picture = np.stack([(wave + 1) / 2 * peak for wave in waves], axis=2)
    rounded: Array = np.round(picture).astype(dtype)
    return rounded


def stream_of(frames: list[Any], **options: Any) -> bytes:
    """The frames as a stream in memory."""
    height, width = (frames[0][0] if isinstance(frames[0], tuple) else frames[0]).shape[:2]
    with aivc.Encoder(width, height, fps=25, **options) as encoder:
        for frame in frames:
            encoder.send(frame)
    return b"".join(encoder)
