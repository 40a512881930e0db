"""The programs of docs/python.md, exactly as printed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from conftest import REPOSITORY

DOCUMENT = (REPOSITORY / "docs" / "python.md").read_text()


def test_the_first_program_runs(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python first-program\n(.*?)```", DOCUMENT, re.DOTALL)
    path = tmp_path / "first.py"
    path.write_text(program)
    result = subprocess.run(
        [sys.executable, path], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = result.stdout.splitlines()
    assert len(lines) == 11
    assert all(line.startswith("(180, 320, 3) uint8") for line in lines[:10])
    assert (tmp_path / "waves.aivc").stat().st_size > 0


def test_every_name_that_the_document_uses_exists() -> None:
    import aivc

    for program in re.findall(r"```python[^\n]*\n(.*?)```", DOCUMENT, re.DOTALL):
        for node in ast.walk(ast.parse(program)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = {"aivc": aivc, "rans": aivc.rans}.get(node.value.id)
                assert module is None or hasattr(module, node.attr), node.attr
    for name in re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE):
        assert issubclass(getattr(aivc, name), aivc.AivcError)
