"""Neural video codec: encode, decode, measure and train, with NumPy arrays.

>>> import aivc
>>> aivc.encode("in.mp4", "out.aivc", quality=32)       # doctest: +SKIP
>>> for frame in aivc.Decoder("out.aivc"):              # doctest: +SKIP
...     print(frame.shape, frame.dtype)                 # (height, width, 3) uint8

================================  =====================================================
:func:`encode`, :func:`decode`    whole files
:class:`Encoder`                  frames to a stream, one by one
:class:`Decoder`                  a stream to frames, one by one
:func:`evaluate`                  rate, quality and speed of a stream against its original
:func:`train`                     a recipe to a weights file
:func:`models`, :class:`Model`    what can code
:mod:`aivc.metrics`               PSNR, SSIM, MS-SSIM, BD-rate
:mod:`aivc.rans`                  the entropy coder alone
================================  =====================================================

Frames are arrays of the shape ``(height, width, 3)``, red, green and blue, ``uint8`` for 8 bits and
``uint16`` with values up to 1023 for 10 bits; or :class:`YuvPlanes`. Whatever NumPy can make an array
of is taken too, tensors of PyTorch on the CPU among them.

Everything that takes long runs without the interpreter's lock, and Ctrl-C stops it at the next frame
or training step.
"""

from aivc import metrics, rans
from aivc._arrays import ArrayLike, FrameArray, FrameLike, YuvPlanes
from aivc._decoder import Decoder
from aivc._encoder import Encoder
from aivc._errors import (
    AivcError,
    InputOutputError,
    InvalidArgumentError,
    MissingFileError,
    ModelError,
    StreamError,
    TrainingError,
    VideoError,
)
from aivc._evaluation import (
    Evaluation,
    FrameEvaluation,
    QualityReport,
    Rate,
    Speed,
    StageTimes,
    StreamReport,
    evaluate,
)
from aivc._files import DecodeSummary, EncodeSummary, Progress, decode, encode
from aivc._models import ModelDescription, models
from aivc._native import Model, __version__
from aivc._training import TrainingProgress, TrainingSummary, train
from aivc.metrics import Psnr, bd_psnr, bd_rate, ms_ssim, psnr, ssim, ssimulacra2

__all__ = [
    "AivcError",
    "ArrayLike",
    "DecodeSummary",
    "Decoder",
    "EncodeSummary",
    "Encoder",
    "Evaluation",
    "FrameArray",
    "FrameEvaluation",
    "FrameLike",
    "InputOutputError",
    "InvalidArgumentError",
    "MissingFileError",
    "Model",
    "ModelDescription",
    "ModelError",
    "Progress",
    "Psnr",
    "QualityReport",
    "Rate",
    "Speed",
    "StageTimes",
    "StreamError",
    "StreamReport",
    "TrainingError",
    "TrainingProgress",
    "TrainingSummary",
    "VideoError",
    "YuvPlanes",
    "__version__",
    "bd_psnr",
    "bd_rate",
    "decode",
    "encode",
    "evaluate",
    "metrics",
    "models",
    "ms_ssim",
    "psnr",
    "rans",
    "ssim",
    "ssimulacra2",
    "train",
]
