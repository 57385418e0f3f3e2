"""The formulas: one file each, found by its `FORMULA`. A new metric is a new file here."""

import importlib
import pkgutil

from .formula import Formula


def _found() -> tuple[Formula, ...]:
    modules = (importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return tuple(sorted((m.FORMULA for m in modules if hasattr(m, "FORMULA")), key=lambda f: f.name))


FORMULAS = _found()

__all__ = ["FORMULAS", "Formula"]
