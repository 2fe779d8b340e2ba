"""The failpoints that the code has, read from the code: a new one is in the matrix by itself."""

import ast
from typing import Final

from tests.tidy import tree


def points_of(files: tree.Sources) -> list[str]:
    """Names given to `reach`, each once, in the order of files and lines."""
    found = [
        node.args[0].value
        for path, text in files.items()
        if "/tests/" not in path and "reach(" in text
        for node in ast.walk(tree.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "reach"
        and isinstance(node.args[0], ast.Constant)
    ]
    return sorted({str(name) for name in found})


POINTS: Final = points_of(tree.python())
