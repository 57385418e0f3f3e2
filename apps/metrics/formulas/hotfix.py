import re
from collections.abc import Sequence
from typing import Any

from .formula import Formula, Row

WORD = r"hot[-_ ]?fix(es)?"
BRANCH = re.compile(rf"^{WORD}([-_/]|$)", re.IGNORECASE)
LABEL = re.compile(rf"^{WORD}$", re.IGNORECASE)
TITLE = re.compile(rf"\b{WORD}\b", re.IGNORECASE)


def compute(pull_request: Row, reviews: Sequence[Row]) -> dict[str, Any]:
    """Does it mend production in a hurry? By its label, its branch or a word of its title; the evidence is
    kept.
    """
    evidence = ""
    if label := next((x for x in pull_request["labels"] if LABEL.match(x)), None):
        evidence = f"label: {label}"
    elif BRANCH.match(pull_request["head_ref"]):
        evidence = f"branch: {pull_request['head_ref']}"
    elif TITLE.search(pull_request["title"]):
        evidence = f"title: {pull_request['title']}"
    return {"is_hotfix": bool(evidence), "hotfix_evidence": evidence}


FORMULA = Formula("hotfix", 1, ("is_hotfix", "hotfix_evidence"), compute)
