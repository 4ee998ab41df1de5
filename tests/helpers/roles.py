"""Engines that act as our processes do: with their roles."""

from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event

from workers.database import make_engine

_MADE: WeakKeyDictionary[Engine, dict[str, Engine]] = WeakKeyDictionary()


def acting_as(engine: Engine, process: str) -> Engine:
    """Connections to the same database with the rights of a process; they go when those go.

    An engine that connects in a manner of its own (with a fuse) is given back as it is.
    """
    if engine.url.database is None:
        return engine
    made = _MADE.get(engine)
    if made is None:
        made = _MADE[engine] = {}

        def dispose(_gone: Engine) -> None:
            for each in made.values():
                each.dispose()

        event.listen(engine, "engine_disposed", dispose)
    if process not in made:
        url = engine.url.render_as_string(hide_password=False)
        made[process] = make_engine(url, process=process, pool_size=20)
    return made[process]


def as_scheduler(engine: Engine) -> Engine:
    """Connections with the rights of the process that lets chores run."""
    return acting_as(engine, "scheduler")
