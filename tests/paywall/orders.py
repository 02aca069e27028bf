"""Every order in which concurrent calls can reach a store, one after the other."""

from __future__ import annotations

from meter.stores import MemoryStore

__all__ = ["World", "every_ending"]


class World:
    """A memory store, the questions that are being asked of it, and what each has been told."""

    def __init__(self, build):
        self.store = MemoryStore()
        self.actors = build(self.store)
        self.waiting = []
        self.replies = [[] for _ in self.actors]
        self.answers = [None] * len(self.actors)
        for number in range(len(self.actors)):
            self.waiting.append(None)
            self._send(number, None)

    def step(self, number):
        """Carry out the next store call of one question."""
        reply = self.waiting[number].on(self.store)
        self.replies[number].append(reply)
        self._send(number, reply)

    def _send(self, number, reply):
        try:
            self.waiting[number] = self.actors[number].send(reply)
        except StopIteration as stop:
            self.waiting[number] = None
            self.answers[number] = stop.value

    def alive(self):
        """Return the questions that are not answered yet."""
        return [number for number, call in enumerate(self.waiting) if call is not None]

    def state(self):
        """Return everything that what follows depends on."""
        contents = sorted((key, raw) for key, (raw, _) in self.store._kept.items())
        return tuple(contents), tuple(map(tuple, self.replies))


def every_ending(build, *, once=False):
    """Yield every world in which all questions are answered.

    With `once`, states reached before are not walked again.
    """
    stack = [()]
    seen = set()
    while stack:
        order = stack.pop()
        world = World(build)
        for number in order:
            world.step(number)
        while True:
            if once:
                if world.state() in seen:
                    break
                seen.add(world.state())
            alive = world.alive()
            if not alive:
                yield world
                break
            stack.extend((*order, other) for other in alive[1:])
            order = (*order, alive[0])
            world.step(alive[0])
