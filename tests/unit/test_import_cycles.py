"""No module of the package imports itself, through whatever others, at module level or in a function."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import perfpred

ROOT = Path(perfpred.__file__).parent


def modules(root: Path) -> dict[str, Path]:
    """The file of each module by its name."""
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def statements(tree: ast.Module, *, in_functions: bool) -> Iterator[ast.AST]:
    """All statements, or those alone that run when the module is imported or a type is checked."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if in_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def imported(name: str, path: Path, known: Mapping[str, Path], *, in_functions: bool) -> set[str]:
    """The modules among `known` that a module imports."""
    found = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), in_functions=in_functions):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            for _ in range(node.level - 1):
                package = package.rpartition(".")[0]
            base = ".".join(filter(None, [package if node.level else "", node.module or ""]))
            inside = {f"{base}.{each.name}" for each in node.names}
            found |= (inside & known.keys()) | ({base} if inside - known.keys() else set())
    return (found & known.keys()) - {name}


def cycle(root: Path, *, in_functions: bool) -> list[str]:
    """The modules of a cycle of imports, the first again at the end; empty if there is none."""
    known = modules(root)
    graph = {
        name: imported(name, path, known, in_functions=in_functions) for name, path in sorted(known.items())
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(each) for each in error.args[1]]
    return []


@pytest.mark.parametrize("in_functions", [False, True], ids=["module", "function"])
def test_no_imports_form_a_cycle(in_functions):
    assert cycle(ROOT, in_functions=in_functions) == []


def test_a_cycle_through_a_function_is_found(tmp_path):
    root = tmp_path / "house"
    (root / "cellar").mkdir(parents=True)
    (root / "__init__.py").touch()
    (root / "cellar" / "__init__.py").touch()
    (root / "hall.py").write_text("from house.cellar import wine\n")
    (root / "cellar" / "wine.py").write_text("def fetch():\n    from ..hall import door\n")
    assert cycle(root, in_functions=False) == []
    assert set(cycle(root, in_functions=True)) == {"house.hall", "house.cellar.wine"}
