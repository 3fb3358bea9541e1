"""What a benchmark reports, the table people read and the file programs read."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `target` is None for figures that are only printed."""

    name: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["higher", "lower"] = "higher"

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target


def report(figures: Sequence[Figure], file: Path) -> None:
    """Print the table and write the same to a file."""
    out = Console(width=110 if not os.isatty(1) else None)
    table = Table(title=f"{os.cpu_count()} cores, Python {platform.python_version()}", box=None)
    for name, justify in (
        ("figure", "left"),
        ("value", "right"),
        ("unit", "left"),
        ("target", "right"),
        ("met", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        sign = ">=" if figure.better == "higher" else "<="
        target = "" if figure.target is None else f"{sign} {figure.target:g}"
        met = {None: "", True: "yes", False: "NO"}[figure.met]
        table.add_row(figure.name, f"{figure.value:,.4g}", figure.unit, target, met)
    out.print(table)
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(figure), "met": figure.met} for figure in figures]
    file.write_text(json.dumps(rows, indent=1) + "\n")
    out.print(f"written to {file}")
