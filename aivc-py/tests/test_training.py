"""Training by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import aivc
from conftest import gradient, stream_of


@pytest.fixture
def recipe(tmp_path: Path) -> dict[str, Any]:
    """Three steps of the smallest model."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.fromarray(gradient(96, 96)).save(pictures / "gradient.png")
    return {
        "name": "tiny",
        "output": tmp_path / "run",
        "seed": 1,
        "model": {
            "family": "hyperprior",
            "transform": {"blocks": 1, "hidden": 8, "latent": 16},
            "hyper": 8,
        },
        "loss": {
            "distortion": "mean-squared-error",
            "lambda_lowest": 0.001,
            "lambda_highest": 0.1,
        },
        "optimization": {
            "steps": 3,
            "batch": np.int64(2),
            "crop": 64,
            "learning_rate": {"peak": 1e-3, "last": 1e-4, "warmup": 1},
            "gradient_norm": 1.0,
            "averaging": 0.9,
            "checkpoint_every": 100,
            "log_every": 1,
        },
        "data": {"sources": [{"path": pictures, "kind": "pictures", "weight": 1.0}]},
    }


def test_a_trained_model_codes(recipe: dict[str, Any]) -> None:
    told: list[aivc.TrainingProgress] = []
    summary = aivc.train(recipe, progress=told.append)
    assert (summary.step, summary.finished, summary.output) == (3, True, recipe["output"])
    assert [each.step for each in told if each.record is None] == [1, 2, 3]
    kinds = [each.record["kind"] for each in told if each.record is not None]
    assert kinds[0] == "start" and kinds.count("steps") == 3

    (description,) = aivc.models(summary.weights)
    assert description.name == "tiny"
    frame = gradient(32, 48)
    stream = stream_of([frame], model=summary.weights)
    with pytest.raises(aivc.ModelError, match=description.hash):
        aivc.Decoder(stream)
    model = aivc.Model.from_bytes(summary.weights.read_bytes())
    (decoded,) = aivc.Decoder(stream, model=model)
    assert decoded.shape == frame.shape


def test_a_stopped_run_goes_on(recipe: dict[str, Any]) -> None:
    def stop(progress: aivc.TrainingProgress) -> None:
        if progress.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aivc.train(recipe, progress=stop)
    assert (recipe["output"] / "tiny.safetensors").is_file()
    with pytest.raises(aivc.TrainingError, match="holds a run"):
        aivc.train(recipe)
    steps: list[int] = []
    summary = aivc.train(recipe, resume=True, progress=lambda each: steps.append(each.step))
    assert (summary.step, summary.finished, set(steps)) == (3, True, {2, 3})


def test_a_recipe_in_a_file_says_the_same(recipe: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    model, optimization = recipe["model"], recipe["optimization"]
    path.write_text(
        f"""
        name = "tiny"
        output = "run"
        seed = 1
        [model]
        family = "hyperprior"
        transform = {{ blocks = 1, hidden = 8, latent = 16 }}
        hyper = {model["hyper"]}
        [loss]
        distortion = "mean-squared-error"
        lambda_lowest = 0.001
        lambda_highest = 0.1
        [optimization]
        steps = 1
        batch = {optimization["batch"]}
        crop = 64
        learning_rate = {{ peak = 1e-3, last = 1e-4, warmup = 1 }}
        gradient_norm = 1.0
        averaging = 0.9
        checkpoint_every = 100
        log_every = 1
        [[data.sources]]
        path = "pictures"
        kind = "pictures"
        weight = 1.0
        """
    )
    summary = aivc.train(path, threads=1)
    assert summary.weights.parent == tmp_path / "run"
    (description,) = aivc.models(summary.weights)
    del recipe["output"]
    recipe["output"] = tmp_path / "dictionary"
    recipe["optimization"]["steps"] = 1
    (other,) = aivc.models(aivc.train(recipe, threads=1).weights)
    assert description.config == other.config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "name"),
        ({"seed": -1}, "seed|u64"),
        ({"surprise": 1}, "surprise"),
        ({"seed": float("nan")}, "recipe"),
        ({"model": {"family": "unheard-of"}}, "unheard-of"),
        ({"data": {"sources": []}}, "data.sources"),
    ],
)
def test_a_wrong_field_is_named(
    recipe: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(aivc.InvalidArgumentError, match=message):
        aivc.train({**recipe, **change})


def test_what_is_no_recipe_is_refused(recipe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(aivc.MissingFileError):
        aivc.train(tmp_path / "none.toml")
    with pytest.raises(aivc.InvalidArgumentError):
        aivc.train({})
    with pytest.raises(TypeError):
        aivc.train({**recipe, "seed": object()})
    cycle: dict[str, Any] = {}
    cycle["model"] = cycle
    with pytest.raises(aivc.InvalidArgumentError):
        aivc.train(cycle)
    with pytest.raises(aivc.TrainingError, match="no checkpoint"):
        aivc.train(recipe, resume=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    recipe["data"]["sources"][0]["path"] = empty
    with pytest.raises(aivc.TrainingError, match="no picture"):
        aivc.train(recipe)
