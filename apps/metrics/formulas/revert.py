import re
from collections.abc import Sequence
from typing import Any

from .formula import Formula, Row

# GitHub names the branch of its revert button "revert-12-the-reverted-branch".
BRANCH = re.compile(r"^revert-\d+-")
TITLE = re.compile(r"^revert\b", re.IGNORECASE)


def compute(pull_request: Row, reviews: Sequence[Row]) -> dict[str, Any]:
    """Does it take back another one? The strongest evidence is kept beside the answer."""
    evidence = ""
    if pull_request["reverts"]:
        evidence = f"body: Reverts {pull_request['reverts']}"
    elif BRANCH.match(pull_request["head_ref"]):
        evidence = f"branch: {pull_request['head_ref']}"
    elif label := next((x for x in pull_request["labels"] if x.lower() == "revert"), None):
        evidence = f"label: {label}"
    elif TITLE.match(pull_request["title"]):
        evidence = f"title: {pull_request['title']}"
    return {"is_revert": bool(evidence), "revert_evidence": evidence}


FORMULA = Formula("revert", 1, ("is_revert", "revert_evidence"), compute)
