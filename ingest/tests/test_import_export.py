"""`events import` and `events export`: files in and out, and that nothing is added or lost on the way."""

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest
import zstandard
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.bundles import importing, lines
from ingest.log.append import append
from ingest.log.facts import NewEvent
from ingest.models import Fetch, RawGitHubEvent, Stream
from ingest.models.event import DERIVED
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from ingest.tests.test_bundles import ODD_PAYLOADS, OTHER_BODIES, line, new_events
from tests import payloads
from tests.payloads import delivered, fetched, moment
from tests.tables import tables

pytestmark = pytest.mark.django_db

PACKED = {
    "a.ndjson": lambda data: data,
    "a.ndjson.gz": gzip.compress,
    "a.ndjson.zst": zstandard.compress,
    "gzip in spite of its name.ndjson": gzip.compress,
    "two.gz": lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:]),
    "two.zst": lambda data: zstandard.compress(data[:100]) + zstandard.compress(data[100:]),
}


@pytest.fixture
def bundle(tmp_path):
    def write(*found, name="a.ndjson", pack=lambda data: data):
        path = tmp_path / name
        path.write_bytes(pack(b"".join(one + b"\n" for one in found)))
        return str(path)

    return write


def ping(n, **members):
    return line(event_type="ping", payload={"zen": n}, **members)


@pytest.fixture
def run_import(capsys):
    """Returns (exit status, the JSON document, stderr)."""

    def run(*arguments):
        status = 0
        try:
            call_command("events", "import", *arguments, "--format", "json")
        except SystemExit as error:
            status = error.code
        out, err = capsys.readouterr()
        return status, json.loads(out), err

    return run


def history():
    """Deliveries, REST answers of the same pull request, two commits of one answer, bodies of all kinds."""
    found = payloads.merged(7)
    commits = [payloads.commit("one"), payloads.commit("head 7", ("one",))]
    listed = [fetched(commits[0], moment(hours=3))]
    listed.append(fetched(commits[1], moment(hours=3), request=listed[0].request))
    form = payloads.as_bytes(payloads.delivery(found, "labeled")).hex()
    return [
        delivered(payloads.delivery(payloads.pull_request(7), "opened"), moment(hours=1)),
        delivered(payloads.review_delivery(payloads.review()), moment(hours=2), received_at=None),
        fetched(found, moment(hours=25)),
        fetched(payloads.simple(found), moment(hours=26, microseconds=7), endpoint="pulls"),
        fetched(payloads.review(9, "DISMISSED"), moment(hours=24), number=7),
        *listed,
        delivered(payloads.repository_delivery(), moment(hours=4)),
        delivered({"ref": "main", "repository": payloads.repository()}, moment(hours=5), event_type="push"),
        NewEvent("import", "ping", b'{"zen":"x"}'),
        delivered(
            "".join(["payload=", *(f"%{form[i : i + 2]}" for i in range(0, len(form), 2))]).encode(),
            moment(hours=6),
            event_type="pull_request",
            action="labeled",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
        *(
            delivered(body, moment(days=2, minutes=n), event_type="pull_request")
            for n, body in enumerate([*ODD_PAYLOADS.values(), *OTHER_BODIES.values()])
        ),
    ]


def facts(team):
    """All that is to be equal of two logs: bytes, facts and derived columns, and the requests."""
    names = (
        *("source", "event_type", "action", "delivery_id", "headers", "endpoint", "received_at"),
        *("sha256", "size", *DERIVED),
        *("fetch__url", "fetch__status", "fetch__answered_at", "fetch__details"),
    )
    return sorted(map(repr, RawGitHubEvent.for_team(team).values_list(*names)))


def counts(team):
    return sorted(Stream.for_team(team).values_list("repository_id", "number", "events", "bytes"))


class TestRoundTrip:
    @pytest.mark.parametrize("ending", [".ndjson", ".ndjson.gz", ".ndjson.zst"])
    def test_into_the_same_team_adds_nothing_and_into_an_empty_one_gives_the_same(
        self, tmp_path, run_import, ending
    ):
        team, output = TeamFactory(), str(tmp_path / f"out{ending}")
        events = history()
        assert len(append(team, events).ids) == len(events)
        replay(Scope(team=team.slug))
        call_command("events", "export", "--team", team.slug, "--output", output)

        status, report, _ = run_import(output, "--team", team.slug)
        assert (status, report["stored"], report["duplicates"]) == (0, 0, len(events))

        status, report, _ = run_import(output, "--team", "empty", "--replay")
        assert (status, report["stored"], report["duplicates"]) == (0, len(events), 0)
        empty = Team.objects.get(slug="empty")
        assert facts(empty) == facts(team)
        assert counts(empty) == counts(team)
        found = tables(team)
        assert tables(empty) == found
        assert found["PullRequest"]
        assert found["PRReview"]
        assert found["Commit"]

        again = str(tmp_path / f"again{ending}")
        call_command("events", "export", "--team", "empty", "--output", again)
        unpacked = [b"".join(piece for _, piece in read_all(name)) for name in (output, again)]
        assert unpacked[0] == unpacked[1]

    def test_items_of_one_answer_still_share_its_request(self, tmp_path, run_import):
        team, output = TeamFactory(), str(tmp_path / "out.ndjson")
        append(team, history())
        call_command("events", "export", "--team", team.slug, "--output", output)
        run_import(output, "--team", "empty")
        assert Fetch.objects.filter(team__slug="empty").count() == Fetch.for_team(team).count() == 4

    @settings(max_examples=25, deadline=None)
    @given(events=st.lists(new_events, max_size=8, unique_by=lambda e: (e.body, e.event_type)))
    def test_any_events_come_back(self, tmp_path_factory, events):
        team, empty = TeamFactory(), TeamFactory()
        output = str(tmp_path_factory.mktemp("bundle") / "out.ndjson")
        append(team, events, imported=True)
        call_command("events", "export", "--team", team.slug, "--output", output, stderr=io.StringIO())
        report = io.StringIO()
        for slug in (team.slug, empty.slug):
            call_command("events", "import", output, "--team", slug, stdout=report, stderr=report)
        assert facts(empty) == facts(team)
        assert counts(empty) == counts(team)


def read_all(name):
    with ExitStack() as opened:
        yield from lines.open_all([name], opened)[0].lines()


class TestImport:
    @pytest.mark.parametrize("name", PACKED)
    def test_reads_packed_files(self, bundle, run_import, name):
        path = bundle(*(ping(n) for n in range(20)), name=name, pack=PACKED[name])
        status, report, err = run_import(path, "--team", "acme")
        assert (status, report["stored"]) == (0, 20)
        assert err == "there was no team acme: it is made\n"

    def test_says_what_it_did(self, bundle, run_import):
        TeamFactory(slug="acme")
        first = bundle(ping(1), ping(1), line(payload={"action": "opened"}), name="a.ndjson")
        status, report, err = run_import(first, bundle(ping(2), name="b.ndjson"), "--team", "acme")
        assert report.pop("seconds") >= 0
        assert (status, err) == (0, "")
        assert report == {
            "files": 2,
            "lines": 4,
            "stored": 3,
            "duplicates": 1,
            "broken": 0,
            "damaged_files": 0,
            "event_types": {"ping": 2, "pull_request": 1},
            "dropped_headers": {},
            "replay": None,
        }

    def test_a_table_for_people(self, bundle, capsys):
        call_command("events", "import", bundle(ping(1)), "--team", "acme")
        out, _ = capsys.readouterr()
        assert "1 lines of 1 files" in out
        assert "manage.py replay --team acme --pending" in out

    def test_takes_standard_input(self, run_import, monkeypatch):
        data = gzip.compress(ping(1) + b"\n" + ping(2))
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        assert run_import("-", "--team", "acme")[1]["stored"] == 2

    def test_takes_windows_lines_blank_lines_and_a_byte_order_mark(self, bundle, run_import):
        path = bundle(b"\xef\xbb\xbf" + ping(1) + b"\r", b"", b"  \r", ping(2))
        status, report, _ = run_import(path, "--team", "acme")
        assert (status, report["lines"], report["stored"]) == (0, 2, 2)

    def test_a_broken_line_harms_itself_only(self, bundle, run_import):
        path = bundle(ping(1), b"", b"{", ping(2), line(delivery_id="x" * 201), ping(3))
        status, report, err = run_import(path, "--team", "acme")
        assert (status, report["lines"], report["stored"], report["broken"]) == (1, 5, 3, 2)
        assert f"{path}:3: not a JSON object" in err
        assert f"{path}:5: delivery_id has 201 characters, 200 are the most" in err

    def test_a_line_that_is_too_long_is_not_held(self, bundle, run_import, monkeypatch):
        monkeypatch.setattr(lines, "LONGEST", 1000)
        path = bundle(ping(1), b"x" * 300_000, ping("y" * 800), b"x" * 1001, ping(2))
        status, report, err = run_import(path, "--team", "acme")
        assert (status, report["stored"], report["broken"]) == (1, 3, 2)
        assert f"{path}:2: longer than 64 MiB" in err

    @pytest.mark.parametrize("name", ["a.ndjson.gz", "a.ndjson.zst"])
    def test_what_was_read_of_a_cut_file_stays(self, bundle, run_import, name):
        path = bundle(*(ping(n) for n in range(3000)), name=name, pack=lambda data: PACKED[name](data)[:-40])
        status, report, err = run_import(path, "--team", "acme")
        assert (status, report["damaged_files"], report["broken"]) == (1, 1, 0)
        assert 0 < report["stored"] < 3000
        assert f"{path}:{report['stored'] + 1}: the file ends here, inside its packed data" in err

    @pytest.mark.parametrize("name", ["a.ndjson.gz", "a.ndjson.zst"])
    def test_what_was_read_of_a_damaged_file_stays(self, bundle, run_import, name):
        def damage(data):
            packed = bytearray(PACKED[name](data))
            middle = len(packed) // 2
            packed[middle : middle + 100] = bytes(100)
            return packed

        path = bundle(*(ping(f"{n * 7919 % 9973:b}") for n in range(20_000)), name=name, pack=damage)
        status, report, err = run_import(path, "--team", "acme")
        assert (status, report["damaged_files"]) == (1, 1)
        assert report["stored"] > 0
        assert "the packed data is damaged" in err

    def test_a_small_file_that_unpacks_to_much_is_read_in_parts(self, bundle):
        path = bundle(b"x" * 2**27, name="a.zst", pack=zstandard.compress)
        with ExitStack() as opened:
            (found,) = lines.open_all([path], opened)
            assert max(len(piece) for piece in found._pieces()) <= 2**25
        assert list(read_all(path)) == [(1, None)]

    @pytest.mark.parametrize(("name", "status"), [("missing.ndjson", 2), ("", 1), ("not gzip.gz", 1)])
    def test_a_wrong_file_is_told_before_anything_is_stored(self, bundle, tmp_path, name, status):
        good = bundle(ping(1))
        bundle(ping(2), name="not gzip.gz")
        with pytest.raises(
            CommandError, match=r"there is no file|Is a directory|is packed otherwise"
        ) as raised:
            call_command("events", "import", good, str(tmp_path / name), "--team", "acme")
        assert raised.value.returncode == status
        assert not Team.objects.exists()
        assert not RawGitHubEvent.objects.exists()

    def test_a_wrong_slug_is_wrong_usage(self, bundle):
        with pytest.raises(CommandError, match="--team a b") as raised:
            call_command("events", "import", bundle(ping(1)), "--team", "a b")
        assert raised.value.returncode == 2

    def test_drops_secrets_and_says_so(self, bundle, run_import):
        path = bundle(ping(1, headers={"Authorization": "token x", "X-Hub-Signature": "y"}))
        status, report, err = run_import(path, "--team", "acme")
        assert (status, report["dropped_headers"]) == (0, {"authorization": 1})
        assert "authorization of 1 lines" in err
        assert RawGitHubEvent.objects.get().headers == {"X-Hub-Signature": "y"}

    def test_stores_in_batches(self, bundle, run_import, monkeypatch):
        sizes = []

        def counting(team, events, *, imported):
            sizes.append(len(events))
            return append(team, events, imported=imported)

        monkeypatch.setattr(importing, "append", counting)
        monkeypatch.setattr(importing, "EVENTS", 4)
        monkeypatch.setattr(importing, "BYTES", 1000)
        path = bundle(*(ping(n) for n in range(9)), ping("x" * 990), *(ping(n) for n in range(9, 12)))
        assert run_import(path, "--team", "acme")[1]["stored"] == 13
        assert sizes == [4, 4, 2, 3]

    def test_replays_what_is_pending_of_the_team_alone(self, bundle, run_import):
        other = TeamFactory()
        append(other, history())
        path = bundle(line(payload=payloads.delivery(payloads.pull_request(7), "opened")))
        status, report, _ = run_import(path, "--team", "acme", "--replay")
        assert (status, report["replay"]["created"], report["replay"]["pending"]) == (0, 1, 0)
        assert tables(Team.objects.get(slug="acme"))["PullRequest"]
        assert not tables(other)["PullRequest"]

    def test_a_delivery_that_is_there_is_not_stored_again(self, bundle, run_import):
        team = TeamFactory()
        append(team, [delivered({"zen": 1}, event_type="ping", delivery_id="abc")])
        path = bundle(ping(2, delivery_id="abc"), ping(1, delivery_id="abd"))
        assert run_import(path, "--team", team.slug)[1]["stored"] == 1

    def test_a_version_that_came_back_is_stored_and_not_again(self, bundle, run_import):
        """A, B, A, A: told apart by content alone, or by what is newest, some would miss or be twice."""
        versions = [payloads.review(5, state) for state in ("APPROVED", "DISMISSED", "APPROVED", "APPROVED")]
        path = bundle(
            *(
                line(
                    source="rest",
                    event_type="pull_request_review",
                    payload=found,
                    pr_number=7,
                    received_at=f"2026-03-02T09:00:0{second}Z",
                )
                for second, found in enumerate(versions)
            )
        )
        assert run_import(path, "--team", "acme")[1]["stored"] == 4
        assert run_import(path, "--team", "acme")[1]["stored"] == 0


class TestExport:
    def test_writes_the_events_of_the_scope_in_order(self, capsysbinary):
        team, other = TeamFactory(), TeamFactory()
        append(team, history())
        append(other, history())
        call_command("events", "export", "--team", team.slug, "--event-type", "commit")
        out, err = capsysbinary.readouterr()
        found = [json.loads(one) for one in out.splitlines()]
        assert [one["payload"]["sha"] for one in found] == [payloads.sha_of("one"), payloads.sha_of("head 7")]
        assert err == b"exported 2 events\n"

    def test_holds_few_events_at_a_time(self, capsysbinary, monkeypatch):
        team = TeamFactory()
        append(team, history())
        call_command("events", "export", "--team", team.slug)
        whole = capsysbinary.readouterr().out
        monkeypatch.setattr("ingest.log.pages.AT_MOST", 3)
        monkeypatch.setattr("ingest.log.pages.BYTES", 500)
        call_command("events", "export", "--team", team.slug)
        assert capsysbinary.readouterr().out == whole

    def test_the_file_is_there_whole_or_not_at_all(self, tmp_path, monkeypatch):
        team, output = TeamFactory(), tmp_path / "out.ndjson"
        append(team, history())
        output.write_bytes(b"before")

        def fail(event):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("ingest.bundles.exporting.line_of", fail)
        with pytest.raises(CommandError, match="No space left on device") as raised:
            call_command("events", "export", "--team", team.slug, "--output", str(output))
        assert raised.value.returncode == 1
        assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("out.ndjson", b"before")]

    def test_only_its_owner_reads_the_file(self, tmp_path):
        output = tmp_path / "out.ndjson"
        call_command("events", "export", "--team", TeamFactory().slug, "--output", str(output))
        assert stat.S_IMODE(output.stat().st_mode) == 0o600

    def test_equal_events_give_equal_packed_files(self, tmp_path):
        team = TeamFactory()
        append(team, history())
        found = [tmp_path / "1.ndjson.gz", tmp_path / "2.ndjson.gz"]
        for output in found:
            call_command("events", "export", "--team", team.slug, "--output", str(output))
        assert found[0].read_bytes() == found[1].read_bytes()

    def test_writes_into_a_pipe_and_leaves_it_there(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        read = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
        reader.start()
        team = TeamFactory()
        append(team, [delivered({"zen": 1}, event_type="ping")])
        call_command("events", "export", "--team", team.slug, "--output", str(pipe))
        reader.join(10)
        assert json.loads(read[0])["payload"] == {"zen": 1}
        assert pipe.is_fifo()

    @pytest.mark.parametrize("output", ["missing folder/out.ndjson", "."])
    def test_a_wrong_output_is_one_line(self, tmp_path, output):
        with pytest.raises(CommandError, match=r"No such file|Is a directory"):
            call_command("events", "export", "--team", TeamFactory().slug, "--output", str(tmp_path / output))

    @pytest.mark.parametrize(
        ("arguments", "message"), [([], "--team is missing"), (["--team", "x"], "no team")]
    )
    def test_needs_a_team(self, arguments, message):
        with pytest.raises(CommandError, match=message) as raised:
            call_command("events", "export", *arguments)
        assert raised.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_has_enough_is_no_error(run_manage, database_url):
    team = TeamFactory()
    append(team, [delivered({"zen": "x" * 100_000, "n": n}, event_type="ping") for n in range(20)])
    done = subprocess.run(
        f"{sys.executable} manage.py events export --team {team.slug} | head -c 10",
        shell=True,
        capture_output=True,
        text=True,
        env=os.environ | {"DATABASE_URL": database_url},
        check=False,
    )
    assert done.stdout == '{"source":'
    assert done.stderr == ""
