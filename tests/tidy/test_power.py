"""What people with power change leaves a trace in the audit log, whichever route they take."""

import ast

from tests.tidy import tree

POWERFUL = frozenset({"Operator", "LoggedInOperator", "FreshAdmin"})
CHANGING = frozenset({"post", "put", "patch", "delete"})
#: Each of these writes to the audit log, or to the access log where something is only read.
TRACED = frozenset({"answer_once", "record_acts", "write_looks", "read_fields"})
JOURNAL = "OpenJournal"


def traceless_routes(files: tree.Sources) -> list[str]:
    """Routes for people with power that change something and reach nothing that writes it down."""
    faults = []
    for path, text in files.items():
        if not path.endswith("router.py") or not path.startswith("services/"):
            continue
        functions = {node.name: node for node in tree.functions(text)}
        faults += [
            f"{path}:{node.lineno} {node.name}"
            for node in functions.values()
            if is_powerful(node) and not is_traced(node, functions, set())
        ]
    return faults


def is_powerful(node: tree.Function) -> bool:
    """Whether a function is a changing route for people with power."""
    methods = {
        decorator.func.attr
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)
    }
    asked = {ast.unparse(arg.annotation) for arg in node.args.args if arg.annotation}
    return bool(methods & CHANGING and asked & POWERFUL)


def is_traced(node: tree.Function, functions: dict[str, tree.Function], seen: set[str]) -> bool:
    """Whether it reaches something that writes down, by itself or by a function of its module."""
    seen.add(node.name)
    if any(arg.annotation and ast.unparse(arg.annotation) == JOURNAL for arg in node.args.args):
        return True
    called = {
        call.func.id if isinstance(call.func, ast.Name) else call.func.attr
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute)
    }
    return bool(called & TRACED) or any(
        is_traced(functions[name], functions, seen) for name in called & functions.keys() - seen
    )


def test_people_with_power_leave_a_trace() -> None:
    """A new route for operators cannot forget the audit log."""
    assert traceless_routes(tree.python()) == []


def test_the_check_of_power_can_fail() -> None:
    """A route that writes by itself is found; one that reaches the log by a helper is not."""
    home = "services/ledger/src/ledger/accounts/router.py"
    route = "@router.post('/a')\nasync def a(caller: Operator) -> None:\n    await {}\n"
    helper = "async def _b() -> None:\n    await answer_once()\n"
    assert traceless_routes({home: route.format("change()")})
    assert traceless_routes({home: route.format("_b()") + helper}) == []
    assert traceless_routes({home: route.replace("Operator", "Person").format("change()")}) == []
