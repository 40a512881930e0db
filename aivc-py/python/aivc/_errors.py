"""Exceptions, which the native module raises too."""


class AivcError(Exception):
    """Anything that this package raises, apart from a wrong type (``TypeError``)."""


class InvalidArgumentError(AivcError, ValueError):
    """An argument has a value that it cannot have; the message names the value and the limit."""


class StreamError(AivcError):
    """A stream is damaged, is none at all, or needs another version of the library."""


class ModelError(AivcError):
    """There is no such model, its file is damaged, or it is not the one that the stream needs."""


class VideoError(AivcError):
    """A video cannot be read or written: its format is unknown, it is damaged, or ffmpeg failed."""


class TrainingError(AivcError):
    """A training run cannot start or go on."""


class InputOutputError(AivcError, OSError):
    """The operating system refused to read or write; ``errno`` and ``filename`` say what."""


class MissingFileError(InputOutputError, FileNotFoundError):
    """There is no such file."""
