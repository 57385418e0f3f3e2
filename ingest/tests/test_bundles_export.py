"""`events export`: what it writes, and where to."""

import json
import os
import stat
import subprocess
import sys
import threading

import pytest
from django.core.management import CommandError, call_command

from apps.teams.factories import TeamFactory
from ingest.log.append import append
from tests import payloads
from tests.payloads import delivered

from .bundle_events import history

pytestmark = pytest.mark.django_db


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
