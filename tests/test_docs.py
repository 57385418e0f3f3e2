"""What the documents name exists."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from apps.dashboard.stages import DEFINITIONS
from apps.metrics.formulas import FORMULAS

ROOT = settings.BASE_DIR
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


# Described, and on their way.
COMING: set[str] = set()


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_command_is_in_the_makefile(document):
    assert set(re.findall(r"\bmake ([a-z-]+)(?=[`\s])", commands_of(document.read_text()))) <= targets()


def commands_of(text: str) -> str:
    """The indented lines and the parts in backticks."""
    indented = re.findall(r"^ {4}.*$", text, re.MULTILINE)
    return "\n".join(f"{part} " for part in [*indented, *re.findall(r"`([^`\n]+)`", text)])


def test_every_make_command_is_in_the_readme():
    assert targets() - {"help"} <= set(re.findall(r"make ([a-z-]+)", commands_of(README)))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_manage_command_exists(document):
    named = set(re.findall(r"manage\.py ([a-z_]+)", commands_of(document.read_text())))
    assert named <= set(get_commands()) | COMING


def test_what_has_come_is_not_listed_as_coming():
    assert COMING & set(get_commands()) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_path_leads_somewhere(document):
    text = document.read_text()
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert all((document.parent / link).exists() for link in links)
    paths = re.findall(r"`((?:apps|docs|ingest|tests|tformance)/[\w./]*)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_document_is_listed_in_the_readme():
    further = README.partition("## Further")[2]
    assert set(re.findall(r"\]\((docs/[\w.]+)\)", further)) == {
        str(document.relative_to(ROOT)) for document in DOCUMENTS[1:]
    }


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
def test_each_metric_is_defined_as_its_page_does(formula):
    document = (ROOT / "docs" / "metrics.md").read_text()
    columns = ", ".join(f"`{column}`" for column in formula.columns)
    definition = " ".join(formula.compute.__doc__.split())
    assert f"| `{formula.name}` | {columns} | {definition} |" in document


def test_each_stage_is_defined_as_its_page_does():
    document = (ROOT / "docs" / "metrics.md").read_text()
    assert [name for name, found in DEFINITIONS.items() if f"| {name} | {found} |" not in document] == []


def test_no_command_of_postgresql_gets_our_address_with_its_parameters():
    """`prepare_threshold` in DATABASE_URL is refused by libpq."""
    lines = [line for document in DOCUMENTS for line in document.read_text().splitlines()]
    commands = [line for line in lines if line.startswith("    pg_") or line.startswith("    psql")]
    assert len(commands) == 2
    assert [line for line in commands if "DATABASE_URL" in line] == []


def test_every_setting_in_the_readme_is_read():
    named = set(re.findall(r"`([A-Z_]+)`", README.partition("## Settings")[2]))
    source = (ROOT / "tformance" / "settings.py").read_text()
    assert {name for name in named if f'"{name}"' not in source} == set()
    read = set(re.findall(r'(?:setting|env|env\.(?:bool|int))\("([A-Z_]+)"', source))
    assert read <= named
