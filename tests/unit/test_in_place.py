"""What need not wait is done where it is, and what has to wait goes on in the loop."""

import asyncio
import threading

from comments_service.in_place import begin_in_place, in_the_loop


def test_only_what_waits_is_handed_over_and_each_step_is_taken_once() -> None:
    steps: list[tuple[str, bool]] = []
    over = threading.Event()

    def note(what: str) -> None:
        steps.append((what, threading.current_thread() is threading.main_thread()))

    async def short() -> None:
        note("short")

    async def long(done: asyncio.Event) -> None:
        note("long")
        await in_the_loop()
        note("its rest")
        await asyncio.sleep(0)
        done.set()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        begin_in_place(loop)

        def elsewhere() -> None:
            assert loop.call_soon_threadsafe(loop.create_task, short()) is None
            assert loop.call_soon_threadsafe(loop.create_task, long(done)) is not None
            # What is no coroutine is called by the loop, as ever.
            loop.call_soon_threadsafe(note, "a call")
            over.set()

        await loop.run_in_executor(None, elsewhere)
        await done.wait()

    asyncio.run(main())
    assert over.is_set()
    assert dict(steps) == {"short": False, "long": False, "its rest": True, "a call": True}
    assert len(steps) == 4
