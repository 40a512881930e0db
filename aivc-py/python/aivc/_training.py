"""A recipe to a weights file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, SupportsIndex, Union

from aivc import _arguments, _native
from aivc._arguments import PathLike
from aivc._errors import InvalidArgumentError


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training run is."""

    step: int
    """Steps done."""
    steps: int
    """Steps of the run."""
    record: Optional[dict[str, Any]]
    """A line that was added to ``log.jsonl``, or None after a step.

    Its ``"kind"`` is ``"start"``, ``"steps"`` (with ``"loss"``, ``"bits_per_pixel"``, ``"psnr"`` in
    dB, ``"samples_per_second"``, …), ``"skipped"``, ``"rolled-back"`` or ``"validation"`` (with
    ``"points"``).
    """


@dataclass(frozen=True)
class TrainingSummary:
    """How a training run ended."""

    step: int
    """Steps done."""
    finished: bool
    """Whether these are all of them."""
    elapsed_seconds: float
    """Seconds that the run has had, over all resumptions."""
    weights: Path
    """The weights file, for ``model=`` of the other functions: the last weights."""
    output: Path
    """The run's folder: ``log.jsonl``, ``plot.svg``, checkpoints."""
    best_weights: Optional[Path] = None
    """The weights file of the best weights of all validations; None without any."""
    best_step: Optional[int] = None
    """Steps that they had."""


def train(
    recipe: Union[PathLike, Mapping[str, Any]],
    *,
    resume: bool = False,
    backend: Optional[str] = None,
    threads: Optional[SupportsIndex] = None,
    progress: Optional[Callable[[TrainingProgress], object]] = None,
) -> TrainingSummary:
    """Trains a model.

    Ctrl-C, or an exception of ``progress``, writes a checkpoint and weights before it comes out;
    ``resume=True`` goes on from there.

    :param recipe: A TOML file, as in ``recipes/``, whose paths are relative to it; or the same as a
        dictionary, with paths relative to the working directory.
    :param resume: Go on from the last checkpoint in the recipe's output folder.
    :param backend: What computes; the CPU if nothing is said.
    :param threads: CPU threads; one a core if nothing is said.
    :param progress: Called after every step and every line of the log.
    :raises AivcError: :class:`InvalidArgumentError` for a recipe with a wrong field,
        :class:`TrainingError`, :class:`MissingFileError`, :class:`InputOutputError`,
        :class:`VideoError`.
    """
    report: Optional[Callable[[int, int, Optional[str]], object]] = None
    if progress is not None:
        call = progress

        def report(step: int, steps: int, record: Optional[str]) -> None:
            call(TrainingProgress(step, steps, None if record is None else json.loads(record)))

    path, text = None, None
    if isinstance(recipe, Mapping):
        text = _as_json(recipe)
    else:
        path = recipe
    summary = json.loads(
        _native.train(path, text, bool(resume), backend, _arguments.threads(threads), report)
    )
    best = summary["best_weights"]
    return TrainingSummary(
        step=summary["step"],
        finished=summary["finished"],
        elapsed_seconds=summary["elapsed_seconds"],
        weights=Path(summary["weights"]),
        output=Path(summary["output"]),
        best_weights=None if best is None else Path(best),
        best_step=summary["best_step"],
    )


def _as_json(recipe: Mapping[str, Any]) -> str:
    def plain(value: object) -> object:
        if isinstance(value, Mapping):
            return dict(value)
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if hasattr(value, "item"):
            return value.item()
        raise TypeError(f"a recipe cannot hold a {type(value).__name__}")

    try:
        return json.dumps(dict(recipe), default=plain, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"recipe: {error}") from error
