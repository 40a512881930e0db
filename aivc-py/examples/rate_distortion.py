"""Draws the rate-distortion curve of a clip, and compares it with a curve of x264 if ffmpeg is there.

    python rate_distortion.py in.y4m curve.png
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import aivc

Curve = list[tuple[float, float]]


def point(clip: Path, coded: Path, frames: int) -> tuple[float, float]:
    """Bits a pixel and PSNR in dB."""
    report = aivc.evaluate(clip, coded, frames=frames, timed_encodings=0)
    assert report.rate is not None, "every frame of the coded file was compared"
    return report.rate.bits_per_pixel, report.quality.psnr


def aivc_curve(clip: Path, folder: Path, frames: int) -> Curve:
    curve = []
    for quality in (8, 24, 40, 56):
        stream = folder / f"{quality}.aivc"
        aivc.encode(clip, stream, quality, frames=frames)
        curve.append(point(clip, stream, frames))
    return curve


def x264_curve(clip: Path, folder: Path, frames: int) -> Curve:
    """All frames intra, as the first models of aivc code."""
    curve = []
    for crf in (42, 34, 26, 18):
        coded = folder / f"{crf}.mkv"
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-frames:v", str(frames)]
        subprocess.run(
            [*command, "-c:v", "libx264", "-g", "1", "-crf", str(crf), str(coded)], check=True
        )
        curve.append(point(clip, coded, frames))
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("plot", type=Path)
    parser.add_argument("--frames", type=int, default=8)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        curves = {"aivc": aivc_curve(arguments.clip, folder, arguments.frames)}
        if shutil.which("ffmpeg"):
            curves["x264, intra"] = x264_curve(arguments.clip, folder, arguments.frames)
    for label, curve in curves.items():
        plt.plot(*zip(*curve), marker="o", label=label)
        print(label, " ".join(f"{rate:.3f} bpp {db:.2f} dB;" for rate, db in curve))
    if len(curves) == 2:
        try:
            anchor = curves["x264, intra"]
            print(f"BD-rate against x264: {aivc.bd_rate(anchor, curves['aivc']):+.1f} %")
        except aivc.InvalidArgumentError as error:
            print(f"no BD-rate: {error}")
    plt.xlabel("bits per pixel")
    plt.ylabel("PSNR [dB]")
    plt.grid(alpha=0.3)
    plt.legend()
    plt.savefig(arguments.plot)


if __name__ == "__main__":
    main()
