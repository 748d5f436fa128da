"""Calling NVML so that an error is None, and what a card lacks is asked for once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass
class NvmlCalls:
    """Guards the calls to one device. `nvml` is the module `pynvml`, or one that acts like it."""

    nvml: ModuleType
    lacking: set[str] = field(default_factory=set)

    def ask(self, name: str, call: Callable[[], Result]) -> Result | None:
        """Return what `call` returns; None when it fails, and from then on if it is unsupported."""
        if name in self.lacking:
            return None
        try:
            return call()
        except self.nvml.NVMLError as error:
            if self._is_final(error):
                self.lacking.add(name)
            return None

    def _is_final(self, error: Any) -> bool:
        return error.value in {
            self.nvml.NVML_ERROR_NOT_SUPPORTED,
            self.nvml.NVML_ERROR_FUNCTION_NOT_FOUND,
            self.nvml.NVML_ERROR_NO_PERMISSION,
            self.nvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
            self.nvml.NVML_ERROR_DEPRECATED,
        }
