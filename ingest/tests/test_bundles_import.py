"""`events import`: which files it takes, what it says of them, and what it stores."""

import gzip
import io
from contextlib import ExitStack

import pytest
import zstandard
from django.core.management import CommandError, call_command

from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.bundles import importing, lines
from ingest.cli.who import at_the_terminal
from ingest.log.append import append
from ingest.models import AuditLine, RawGitHubEvent, Run
from ingest.replay import cutting, processing
from ingest.runs.changes import pause
from tests import payloads
from tests.payloads import delivered
from tests.tables import tables

from .bundle_events import history, line, ping, read_all

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
        run, written = Run.objects.get(), AuditLine.objects.get()
        assert (run.team.slug, run.state, run.report["created"]) == ("acme", Run.State.COMPLETE, 1)
        assert run.scope == {"team": "acme", "pending": True}
        assert (written.action, written.detail["run"]) == ("replay", run.pk)
        assert written.who == at_the_terminal()
        assert tables(Team.objects.get(slug="acme"))["PullRequest"]
        assert not tables(other)["PullRequest"]

    def test_a_replay_of_nothing_is_no_run(self, bundle, run_import):
        path = bundle(line(event_type="push"))
        report = run_import(path, "--team", "acme", "--replay")[1]
        assert (report["stored"], report["replay"]["selected"], report["replay"]["streams"]) == (1, 0, 0)
        assert not Run.objects.exists()
        assert not AuditLine.objects.exists()

    @pytest.mark.parametrize("how", ["interrupted", "paused elsewhere"])
    def test_where_its_replay_stops_the_events_are_stored(self, bundle, how, monkeypatch, capsys):
        def stop(*args, **options):
            raise KeyboardInterrupt

        def paused_first(*args, **options):
            pause(Run.objects.get())
            return process(*args, **options)

        process = processing.process
        monkeypatch.setattr(processing, "process", stop if how == "interrupted" else paused_first)
        monkeypatch.setattr(cutting, "CHUNK", 1)
        pulls = (payloads.delivery(payloads.pull_request(number), "opened") for number in (7, 8))
        path = bundle(*(line(payload=found) for found in pulls))
        with pytest.raises(SystemExit if how == "interrupted" else CommandError) as stopped:
            call_command("events", "import", path, "--team", "acme", "--replay")
        if how == "interrupted":
            assert stopped.value.code == 130
            assert "stored; for the rest: manage.py replay --team acme --pending" in capsys.readouterr().err
        else:
            assert stopped.value.returncode == 1
            assert f"the events are stored; run {Run.objects.get().pk} is paused" in str(stopped.value)
        assert (RawGitHubEvent.objects.count(), Run.objects.get().state) == (2, Run.State.PAUSED)
        monkeypatch.setattr(processing, "process", process)
        call_command("replay", "--team", "acme", "--pending")
        assert len(tables(Team.objects.get(slug="acme"))["PullRequest"]) == 2
        assert not Run.objects.exclude(state__in=(Run.State.COMPLETE, Run.State.CANCELLED)).exists()

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
