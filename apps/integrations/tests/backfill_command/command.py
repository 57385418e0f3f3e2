"""`manage.py backfill` as a function."""

import json
from io import StringIO

from django.core.management import CommandError, call_command


class Ran:
    def __init__(self, out, err, status, error):
        self.out, self.err, self.status, self.error = out, err, status, error

    @property
    def json(self):
        return json.loads(self.out)


def backfill(*arguments):
    out, err = StringIO(), StringIO()
    status, error = 0, ""
    try:
        call_command("backfill", *arguments, stdout=out, stderr=err)
    except CommandError as problem:
        status, error = problem.returncode, str(problem)
    except SystemExit as end:
        status = end.code
    assert "ghp_" not in out.getvalue() + err.getvalue() + error
    return Ran(out.getvalue(), err.getvalue(), status, error)


def core(*arguments):
    return backfill("acme/rocket", "--team=core", *arguments)
