"""Rows of a newer version are left to it; the version is a number that every part raises."""

from apps.metrics.models import PullRequest
from apps.metrics.projection import project, version
from ingest.models import Stream
from ingest.replay.replaying import dry_run, replay, verify
from ingest.replay.scope import Scope
from ingest.routing import HANDLED
from tests.payloads import fetched, pull_request
from tests.processed import store_and_process


class TestNewerVersion:
    def test_what_a_newer_version_made_is_left_alone(self, team):
        store_and_process(team, fetched(pull_request(7)), fetched(pull_request(8)))
        Stream.objects.filter(number=7).update(version=version.VERSION + 1)
        PullRequest.objects.update(title="by the newer one")
        report = replay(Scope()).as_json()
        assert (report["left_to_newer_version"], report["streams"]) == (1, 1)
        assert dict(PullRequest.objects.values_list("number", "title")) == {
            7: "by the newer one",
            8: "Change 8",
        }
        assert Stream.objects.get(number=7).version == version.VERSION + 1
        for look in (dry_run, verify):
            report = look(Scope()).as_json()
            assert (report["left_to_newer_version"], report["streams"], report["updated"]) == (1, 1, 0)

    def test_the_version_is_a_sum_that_every_part_raises(self):
        parts = [*version.PROCESSORS, *project.FORMULAS]
        assert sum(p.version for p in parts) + version.COMMON + version.RETIRED == version.VERSION
        assert set(version.PROCESSORS) == set(HANDLED.values())
