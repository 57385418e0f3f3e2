"""`manage.py purge`: which repository is meant, who confirms, and who is written down."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from apps.integrations.models import Purge
from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.models import AuditLine, RawGitHubEvent
from ingest.tests.purged import of_other, of_shop, stored
from tests import payloads
from tests.payloads import REPOSITORY, REPOSITORY_ID, delivered, moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_purge(capsys):
    def run(team, *arguments):
        call_command("purge", "--team", team.slug, "--yes-delete", team.slug, "--format", "json", *arguments)
        return json.loads(capsys.readouterr().out)

    return run


def test_the_audit_line_stays(run_purge, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "alice")
    team = stored(*of_shop())
    deleted = run_purge(team, "--repo", REPOSITORY)["deleted"]
    assert run_purge(team) == {"team": team.slug, "repositories": None, "deleted": {}}
    asked, asked_then = Purge.objects.order_by("pk")
    first, second = AuditLine.for_team(team).order_by("id")
    assert (first.who, first.action) == ("alice, on the command line", "purge")
    assert first.detail == {
        "repositories": [{"id": REPOSITORY_ID, "full_name": REPOSITORY}],
        "asked": asked.pk,
        "deleted": deleted,
        "finished": True,
    }
    assert second.detail == {"repositories": None, "asked": asked_then.pk, "deleted": {}, "finished": True}


def test_a_user_without_a_name_is_a_number(run_purge, monkeypatch):
    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    team = stored()
    run_purge(team)
    assert AuditLine.objects.get().who.startswith("user ")


class TestConfirmation:
    @pytest.mark.parametrize("typed", ["", "no\n", "other\n"])
    def test_nothing_goes_without_the_slug(self, monkeypatch, typed):
        team = stored(*of_shop())
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(CommandError, match="nothing was deleted") as raised:
            call_command("purge", "--team", team.slug)
        assert raised.value.returncode == 2
        assert RawGitHubEvent.objects.count() == 6
        assert not AuditLine.objects.exists()

    def test_the_typed_slug_confirms(self, monkeypatch, capsys):
        team = stored(*of_shop())
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{team.slug}\n"))
        call_command("purge", "--team", team.slug)
        out, err = capsys.readouterr()
        assert not RawGitHubEvent.objects.exists()
        assert "all repositories: 6 events" in err
        assert "PullRequest" in out

    def test_a_wrong_flag_confirms_nothing(self):
        team = stored(*of_shop())
        with pytest.raises(CommandError, match="nothing was deleted"):
            call_command("purge", "--team", team.slug, "--yes-delete", "other")
        assert RawGitHubEvent.objects.count() == 6

    def test_nothing_to_delete(self, capsys):
        team = stored()
        call_command("purge", "--team", team.slug, "--yes-delete", team.slug)
        assert "there was nothing to delete" in capsys.readouterr().out


class TestRepository:
    def test_another_one_stays(self, run_purge):
        team = stored(*of_shop(), *of_other())
        report = run_purge(team, "--repo", "Acme/Shop")
        assert report["repositories"] == [{"id": REPOSITORY_ID, "full_name": REPOSITORY}]
        assert set(RawGitHubEvent.objects.values_list("repository_id", flat=True)) == {REPOSITORY_ID + 1}

    def test_one_with_a_long_name(self, run_purge):
        """Such events are parked, and can be deleted."""
        team = TeamFactory()
        long = payloads.repository("acme/" + "x" * 300)
        append(team, [delivered(payloads.repository_delivery(repo=long))])
        assert run_purge(team, "--repo", str(REPOSITORY_ID))["deleted"]["events"] == 1

    @pytest.mark.parametrize("name", ["0", "acme/unknown"])
    def test_one_without_an_id_is_not_the_whole_team(self, run_purge, name):
        """Events that name a repository and tell no id of it lie with those of none."""
        team = stored(*of_shop(), delivered({"zen": "x"}, event_type="ping", repository="acme/unknown"))
        with pytest.raises(CommandError, match="no id") as raised:
            run_purge(team, "--repo", name)
        assert raised.value.returncode == 2
        assert RawGitHubEvent.objects.count() == 7

    def test_a_former_name_is_not_enough(self, run_purge):
        """Somebody else's repository may bear it now."""
        renamed = payloads.repository("acme/store")
        team = stored(
            *of_shop(),
            delivered(payloads.repository_delivery(repo=renamed), moment(days=9)),
        )
        with pytest.raises(CommandError, match="acme/shop is called acme/store now") as raised:
            run_purge(team, "--repo", "acme/shop")
        assert raised.value.returncode == 2
        assert run_purge(team, "--repo", "acme/store")["deleted"]["events"] == 7

    def test_two_of_one_name_are_told_apart_by_id(self, run_purge):
        again = payloads.repository(REPOSITORY, id=5)
        team = stored(*of_shop(), delivered(payloads.repository_delivery(repo=again), moment(days=9)))
        with pytest.raises(CommandError, match=f"several.*id 5.*id {REPOSITORY_ID}"):
            run_purge(team, "--repo", REPOSITORY)
        assert run_purge(team, "--repo", "5")["deleted"]["events"] == 1

    def test_one_that_was_never_processed_is_found(self, run_purge):
        team = TeamFactory()
        append(team, of_shop())
        assert run_purge(team, "--repo", REPOSITORY)["deleted"]["events"] == 6

    @pytest.mark.parametrize(
        ("arguments", "message"), [(["--team", "x"], "no team"), (["--repo", "no/where"], "no st")]
    )
    def test_an_unknown_one_is_wrong_usage(self, arguments, message):
        team = stored()
        with pytest.raises(CommandError, match=message) as raised:
            call_command("purge", "--team", team.slug, "--yes-delete", team.slug, *arguments)
        assert raised.value.returncode == 2
