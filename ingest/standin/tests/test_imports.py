import ast
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1]


def test_the_stand_in_needs_the_standard_library_and_a_graphql_library_only() -> None:
    """Code shared with the product would share its mistakes, and then prove them right."""
    for file in [*FOLDER.glob("*.py"), *FOLDER.glob("shapes/*.py"), *FOLDER.glob("graphql/*.py")]:
        known = sys.stdlib_module_names | ({"graphql"} if file.parent.name == "graphql" else set())
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            foreign = [name for name in names if name.partition(".")[0] not in known]
            assert not foreign, f"{file.name} imports {foreign}"
