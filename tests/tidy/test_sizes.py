"""Files, functions and comments keep the sizes that a reader can hold."""

import ast
import io
import tokenize

from tests.tidy import tree

FILE_LINES = 350
FUNCTION_LINES = 60
COMMENTS_PER_HUNDRED = 12
PRAGMAS = ("# noqa", "# type:", "#!", "# /// ", "#:")
#: Path -> lines it may still have. Only ever goes down.
RATCHET: dict[str, int] = {}


def long_files(files: tree.Sources) -> list[str]:
    """Files with more lines than allowed."""
    sizes = {path: text.count("\n") for path, text in files.items()}
    return [f"{p}: {n} lines" for p, n in sizes.items() if n > RATCHET.get(p, FILE_LINES)]


def function_lines(node: tree.Function) -> int:
    """Lines of a function without its docstring, which may be as long as it is useful."""
    first = node.body[0]
    described = ast.get_docstring(node) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if described else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def long_functions(files: tree.Sources) -> list[str]:
    """Functions with more lines than allowed."""
    return [
        f"{path}:{node.lineno} {node.name}: {function_lines(node)} lines"
        for path, text in files.items()
        for node in tree.functions(text)
        if function_lines(node) > FUNCTION_LINES
    ]


def comment_lines(text: str) -> int:
    """Comments that speak to a reader; pragmas for tools are none."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(t.type == tokenize.COMMENT and not t.string.startswith(PRAGMAS) for t in tokens)


def chatty_files(files: tree.Sources) -> list[str]:
    """Files of some size with more comments in a hundred lines than a reader wants."""
    small = 40
    return [
        f"{path}: {comment_lines(text)} comments in {text.count('\n')} lines"
        for path, text in files.items()
        if text.count("\n") >= small
        and comment_lines(text) * 100 > COMMENTS_PER_HUNDRED * text.count("\n")
    ]


def test_no_file_is_too_long() -> None:
    """Every Python and SQL file, tests too, can be read in one sitting."""
    assert long_files(tree.python(tests=True) | tree.sources(".sql", within="/sql/")) == []


def test_no_function_is_too_long() -> None:
    """Every function fits on a screen."""
    assert long_functions(tree.python(tests=True)) == []


def test_comments_are_few() -> None:
    """Comments say why; the names say what."""
    assert chatty_files(tree.python(tests=True)) == []


def test_the_size_checks_can_fail() -> None:
    """A long file, a long function and a chatty file are each found."""
    assert long_files({"a.py": "x = 1\n" * (FILE_LINES + 1)})
    body = "    x = 1\n" * FUNCTION_LINES
    assert long_functions({"a.py": f'def f():\n    """Say."""\n{body}'})
    assert long_functions({"a.py": f'def f():\n    """{"Say.\n" * 99}"""\n'}) == []
    assert chatty_files({"a.py": "# what\nx = 1\n" * 30})
    assert chatty_files({"a.py": "x = 1  # noqa: E501\n" * 60}) == []
