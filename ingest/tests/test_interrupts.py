"""A signal is heard where nothing is half done."""

from __future__ import annotations

import signal
from contextlib import suppress

import pytest

from ingest.interrupts import Terminated, exit_status, heard_while_waiting, stop_if_asked, waiting

BOTH = pytest.mark.parametrize(
    ("number", "kind", "status"),
    [(signal.SIGINT, KeyboardInterrupt, 130), (signal.SIGTERM, Terminated, 143)],
)


def worked(number: int, done: list[str]) -> None:
    with heard_while_waiting():
        signal.raise_signal(number)
        done.append("worked on")
        with waiting():
            done.append("waited")


def waited(number: int, done: list[str]) -> None:
    with heard_while_waiting(), waiting():
        signal.raise_signal(number)
        done.append("waited on")


@BOTH
def test_in_the_middle_of_work_it_is_put_off_to_the_next_wait(number, kind, status):
    done: list[str] = []
    with pytest.raises(kind) as stop:
        worked(number, done)
    assert done == ["worked on"]
    assert exit_status(stop.value) == status


@BOTH
def test_a_wait_is_cut_short(number, kind, status):
    done: list[str] = []
    with pytest.raises(kind):
        waited(number, done)
    assert done == []


def test_after_a_wait_work_is_whole_again():
    with heard_while_waiting():
        with waiting():
            pass
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Terminated):
            stop_if_asked()


def test_what_a_finalizer_swallows_is_heard_at_the_next_wait():
    with heard_while_waiting():
        with waiting(), suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Terminated), waiting():
            pass


def test_who_asks_twice_is_heard_at_once():
    with heard_while_waiting():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_nobody_waited_for_is_forgotten_with_its_command():
    with heard_while_waiting():
        signal.raise_signal(signal.SIGTERM)
    stop_if_asked()
    with heard_while_waiting(), waiting():
        pass


def test_the_handlers_are_those_of_before():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with heard_while_waiting():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
