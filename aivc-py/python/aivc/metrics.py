"""Measures of quality: PSNR, SSIM, MS-SSIM, and Bjøntegaard differences between two codecs.

Frames are arrays ``(height, width, 3)`` or tuples of the planes Y, Cb and Cr, ``uint8`` for 8 bits or
``uint16`` for 10 bits, whose peak is 1023. Both frames are of one kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Optional, Union

import numpy as np

from aivc import _native
from aivc._arrays import ArrayLike, FrameLike, as_array, as_frame
from aivc._errors import InvalidArgumentError

__all__ = ["Psnr", "bd_psnr", "bd_rate", "ms_ssim", "psnr", "ssim", "ssimulacra2"]

Curve = Union[ArrayLike, Iterable[tuple[float, float]]]


@dataclass(frozen=True)
class Psnr:
    """Peak signal-to-noise ratios of a frame in dB, at most 100."""

    planes: tuple[float, float, float]
    """Of each plane: red, green and blue, or Y, Cb and Cr."""
    average: float
    """Mean of the planes' decibels: ``(R + G + B) / 3``, or ``(6 * Y + Cb + Cr) / 8``."""
    pooled: float
    """PSNR of the mean of the planes' squared errors, with the same weights: what is meant by the PSNR
    of an RGB picture."""

    def __float__(self) -> float:
        return self.pooled


def psnr(reference: FrameLike, distorted: FrameLike) -> Psnr:
    """Peak signal-to-noise ratios: ``10 * log10(peak**2 / MSE)`` with a peak of 255 or 1023.

    :raises InvalidArgumentError: The frames differ in shape or dtype, or are none.
    """
    planes, average, pooled = _native.psnr(as_frame(reference), as_frame(distorted))
    first, second, third = planes
    return Psnr((first, second, third), average, pooled)


def ssim(reference: FrameLike, distorted: FrameLike) -> Optional[float]:
    """Structural similarity of the lumas, at most 1; None below 11 pixels a side.

    Wang et al., 2004, with an 11x11 Gaussian window.

    :raises InvalidArgumentError: The frames differ in shape or dtype, or are none.
    """
    return _native.ssim(as_frame(reference), as_frame(distorted))


def ms_ssim(reference: FrameLike, distorted: FrameLike) -> Optional[float]:
    """Multi-scale structural similarity of the lumas, 0 to 1; None below 161 pixels a side.

    Wang, Simoncelli, Bovik, 2003, at five scales.

    :raises InvalidArgumentError: The frames differ in shape or dtype, or are none.
    """
    return _native.ms_ssim(as_frame(reference), as_frame(distorted))


def ssimulacra2(reference: FrameLike, distorted: FrameLike) -> Optional[float]:
    """SSIMULACRA 2: 100 for equal pictures, 90 for differences that hardly anyone sees, below 0 for very
    bad ones; None below 113 pixels a side.

    Sneyers, 2023, version 2.1; frames are taken as sRGB.

    :raises InvalidArgumentError: The frames differ in shape or dtype, or are none.
    """
    return _native.ssimulacra2(as_frame(reference), as_frame(distorted))


def bd_rate(anchor: Curve, test: Curve) -> float:
    """Bjøntegaard rate difference in percent: how much more rate ``test`` needs at the same quality.

    :param anchor: Two or more points ``(rate, quality)``, the rate in any unit, the quality in dB or
        whatever rises with it; in any order. Lists of pairs, or arrays ``(points, 2)``.
    :param test: The same of the other codec. A negative result is in its favour.
    :raises InvalidArgumentError: A curve does not rise, or the curves do not overlap.
    """
    return _native.bd_rate(_points(anchor), _points(test))


def bd_psnr(anchor: Curve, test: Curve) -> float:
    """Bjøntegaard quality difference: how much better ``test`` is at the same rate, in dB.

    :param anchor: As of :func:`bd_rate`.
    :param test: The same of the other codec. A positive result is in its favour.
    :raises InvalidArgumentError: A curve does not rise, or the curves do not overlap.
    """
    return _native.bd_psnr(_points(anchor), _points(test))


def _points(curve: Any) -> list[tuple[float, float]]:
    if isinstance(curve, Iterable) and not isinstance(curve, np.ndarray) and not hasattr(curve, "__dlpack__"):
        curve = list(curve)
    array = as_array(curve)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iuf":
        raise InvalidArgumentError(
            f"a curve is made of pairs (rate, quality) of numbers; this has the shape {array.shape} "
            f"and the dtype {array.dtype}"
        )
    return [(float(rate), float(quality)) for rate, quality in array]
