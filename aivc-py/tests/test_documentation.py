"""The programs of docs/python.md and the README, exactly as printed."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import REPOSITORY

DOCUMENT = (REPOSITORY / "docs" / "python.md").read_text()


def test_the_first_program_runs(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python first-program\n(.*?)```", DOCUMENT, re.DOTALL)
    lines = lines_of(program, tmp_path)
    assert len(lines) == 11
    assert all(line.startswith("(180, 320, 3) uint8") for line in lines[:10])
    assert (tmp_path / "waves.aivc").stat().st_size > 0


def test_the_program_of_the_readme_runs(tmp_path: Path, walkway_y4m: Path) -> None:
    readme = (REPOSITORY / "README.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    shutil.copy(walkway_y4m, tmp_path / "in.y4m")
    lines = lines_of(program, tmp_path)
    assert lines[:-1] == 3 * ["(320, 560, 3) uint8"]
    assert re.fullmatch(r"\d\d\.\d+ dB", lines[-1])


def lines_of(program: str, folder: Path) -> list[str]:
    """What a program prints that is run in a folder."""
    path = folder / "program.py"
    path.write_text(program)
    result = subprocess.run(
        [sys.executable, path], cwd=folder, capture_output=True, text=True, check=True
    )
    return result.stdout.splitlines()


def test_every_name_that_the_document_uses_exists() -> None:
    import aivc

    for program in re.findall(r"```python[^\n]*\n(.*?)```", DOCUMENT, re.DOTALL):
        for node in ast.walk(ast.parse(program)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = {"aivc": aivc, "rans": aivc.rans}.get(node.value.id)
                assert module is None or hasattr(module, node.attr), node.attr
    for name in re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE):
        assert issubclass(getattr(aivc, name), aivc.AivcError)
