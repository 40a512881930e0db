"""Trains a tiny model on a folder of pictures for a minute or less, and codes a picture with it.

    python train_tiny_model.py pictures/ run/ --steps 200
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import aivc


def recipe(pictures: Path, output: Path, steps: int) -> dict[str, object]:
    """As `recipes/hyperprior.toml`, but smaller in everything."""
    return {
        "name": "tiny",
        "output": output,
        "seed": 1,
        "model": {
            "family": "hyperprior",
            "transform": {"blocks": 1, "hidden": 16, "latent": 64},
            "hyper": 16,
        },
        "loss": {
            "distortion": "mean-squared-error",
            "lambda_lowest": 0.001,
            "lambda_highest": 0.1,
        },
        "optimization": {
            "steps": steps,
            "batch": 4,
            "crop": 64,
            "learning_rate": {"peak": 1e-3, "last": 1e-4, "warmup": 10},
            "gradient_norm": 1.0,
            "averaging": 0.95,
            "checkpoint_every": 100,
            "log_every": 20,
        },
        "data": {"sources": [{"path": pictures, "kind": "pictures", "weight": 1.0}]},
    }


def tell(progress: aivc.TrainingProgress) -> None:
    record = progress.record
    if record is not None and record["kind"] == "steps":
        print(
            f"step {progress.step} of {progress.steps}: loss {record['loss']:.3f}, "
            f"{record['bits_per_pixel']:.3f} bits/pixel, {record['psnr']:.2f} dB, "
            f"{record['samples_per_second']:.1f} pictures/s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()

    plan = recipe(arguments.pictures, arguments.output, arguments.steps)
    summary = aivc.train(plan, resume=arguments.resume, progress=tell)
    print(f"{summary.step} steps in {summary.elapsed_seconds:.1f} s: {summary.weights}")

    model = aivc.Model(summary.weights)
    picture = np.random.default_rng(1).integers(64, 192, (8, 8, 3), np.uint8)
    picture = picture.repeat(16, axis=0).repeat(16, axis=1)
    with aivc.Encoder(128, 128, fps=1, model=model) as encoder:
        encoder.send(picture)
    stream = b"".join(encoder)
    (decoded,) = aivc.Decoder(stream, model=model)
    print(f"{len(stream)} bytes, {aivc.psnr(picture, decoded).pooled:.2f} dB")


if __name__ == "__main__":
    main()
