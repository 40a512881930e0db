"""What can code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

from aivc import _native
from aivc._arguments import PathLike


@dataclass(frozen=True)
class ModelDescription:
    """What a weights file says of its model."""

    name: str
    """Its name, to ask for it by if it is built in."""
    summary: str
    """What it is, of models that are built in."""
    family: str
    """Codec family."""
    hash: str
    """Content hash of the weights, which streams name, in hexadecimal digits."""
    parameters: int
    """Number of parameters."""
    quality_levels: int
    """64, or 1 for a family with a fixed rate."""
    encoder_kmac_per_pixel: float
    """Thousands of multiplications that encoding costs a pixel."""
    decoder_kmac_per_pixel: float
    """Thousands of multiplications that decoding costs a pixel."""
    bytes: int
    """Size of the weights file."""
    config: dict[str, Any]
    """The family's configuration."""


def models(path: Optional[PathLike] = None) -> list[ModelDescription]:
    """The models that are built in, the default one first; or the one in a weights file."""
    if path is not None:
        return [_description(json.loads(_native.describe_model(path)))]
    return [_description(entry) for entry in json.loads(_native.builtin_models())]


def _description(entry: dict[str, Any]) -> ModelDescription:
    return ModelDescription(summary=entry["summary"], bytes=entry["bytes"], **entry["model"])
