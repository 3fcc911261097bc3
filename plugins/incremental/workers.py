"""Workers: what is to be done with many things, divided among as many processes as help.

A process is a copy of this one, made by `fork`: it knows all that is known so far, and what it finds
out, and what there is to say of it, it tells as JSON. Where that is not to be had (Windows; a process
that has threads, of which a copy would have but one), everything is done here.
"""

import gc
import json
import logging
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Thing = TypeVar("Thing")

# After so many new objects they are looked through for what can go: some dozens of pages' worth, a megabyte or two.
NEW_OBJECTS = 20_000


def at_hand(most: int | None = None) -> int:
    """How many processes may work at once, this one among them; `most` of them, if given."""
    if not hasattr(os, "fork") or any(map(matters, threading.enumerate())):
        return 1
    return max(1, most or os.cpu_count() or 1)


def matters(thread: threading.Thread) -> bool:
    """Whether a copy might miss this thread. Pelican's command turns a wheel while it builds; what the
    copies say does not go through the terminal that it has hold of.
    """
    return thread is not threading.main_thread() and type(thread).__module__ != "rich.live"


class Heard(logging.Handler):
    """What a copy has to say, kept for the process that it is a copy of."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append((record.name, record.levelno, record.getMessage()))


def divided(
    things: list[Thing], many: int, work: Callable[[list[Thing]], Any]
) -> tuple[list[Any], list[Thing]]:
    """What `work` answers for each share of the things, and the things that are still to be done.

    Those are the share of a process that failed: it could not say what was wrong, so that they are
    better done again by the caller, where that can be told. An answer has to be plain enough for JSON.
    """
    children = []
    for number in range(1, many):
        theirs, ours = os.pipe()
        process = os.fork()
        if not process:
            os.close(theirs)
            answer(ours, things[number::many], work)
        os.close(ours)
        children.append((process, theirs, things[number::many]))
    answers: list[Any] = []
    left: list[Thing] = []
    try:
        answers.append(work(things[::many]))
    finally:
        for process, end, share in children:
            with os.fdopen(end, encoding="utf-8") as pipe:
                told = pipe.read()
            if os.waitpid(process, 0)[1] == 0:
                found, said = json.loads(told)
                answers.append(found)
                for name, level, text in said:
                    logging.getLogger(name).log(level, "%s", text)
            else:
                left += share
    return answers, left


def answer(ours: int, share: list[Thing], work: Callable[[list[Thing]], Any]) -> None:
    """The whole life of such a process."""
    status = 1
    try:
        # What was there before stays, and need not be copied for being looked through; what each page leaves
        # going round in circles is 14 KB.
        gc.freeze()
        gc.enable()
        gc.set_threshold(NEW_OBJECTS, 10, 10)
        heard = Heard()
        logging.getLogger().handlers[:] = [heard]
        found = work(share)
        with os.fdopen(ours, "w", encoding="utf-8") as pipe:
            json.dump([found, heard.said], pipe)
        status = 0
    finally:
        os._exit(status)
