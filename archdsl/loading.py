"""Emitted text as a module of this process, whose networks can be pickled into another one.

The name of such a module is the hash of its text. It lives as long as one of its classes does: what
`sys.modules` holds under the name is an entry that does not keep it alive.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn


class EmittedModule(ModuleType):
    """A module that was run from a text. Its pickle is that text; a copy is the module itself."""

    __slots__ = ("text",)

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name)
        self.__file__ = f"<{name}>"
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return load_module, (self.text,)

    def __deepcopy__(self, copied: dict[int, Any]) -> EmittedModule:
        return self


class Entry(ModuleType):
    """What `sys.modules` has of an emitted module: the same attributes, while that lives."""

    def __init__(self, module: EmittedModule) -> None:
        super().__init__(module.__name__)
        self._module = weakref.ref(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module(), name)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        module = self._module()
        return {} if module is None else module.__dict__


_MODULES: weakref.WeakValueDictionary[str, EmittedModule] = weakref.WeakValueDictionary()
_LOCK = threading.RLock()


def load_module(text: str) -> ModuleType:
    """Run emitted text as a module; the same text is the same module while that is in use.

    Instances of its classes can be copied and pickled. A pickle holds the text, and loading it runs
    the text, in this process or another one that has archdsl.

    Raises:
        ModuleNotFoundError: if torch is not installed.
    """
    name = f"archdsl_emitted_{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    with _LOCK:
        module = _MODULES.get(name)
        if module is None:
            module = _MODULES[name] = _run(name, text)
        return module


def network_class(module: ModuleType) -> type[nn.Module]:
    """The one public class of an emitted module."""
    (name,) = module.__all__
    network: type[nn.Module] = getattr(module, name)
    return network


def _run(name: str, text: str) -> EmittedModule:
    module = EmittedModule(name, text)
    entry = sys.modules[name] = Entry(module)
    weakref.finalize(module, _forget, name, entry).atexit = False
    file = f"<{name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)  # for tracebacks
    exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)  # our own text, checked
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == name:
            _carry(value, module)
    return module


def _forget(name: str, entry: Entry) -> None:
    """Drop what is kept under a name, unless the same text was loaded again since."""
    if sys.modules.get(name) is entry:
        del sys.modules[name]
        linecache.cache.pop(f"<{name}>", None)


def _carry(kind: type, module: EmittedModule) -> None:
    """Have the instances of a class carry its module into copies and pickles.

    That the class refers to the module also keeps the module alive while the class is in use.
    """

    def reduce(self: object, protocol: Any) -> Any:
        parts = object.__reduce_ex__(self, protocol)
        return parts if isinstance(parts, str) else (rebuild, (module, *parts[:2]), *parts[2:])

    if getattr(kind, "__reduce_ex__") is object.__reduce_ex__:  # noqa: B009
        setattr(kind, "__reduce_ex__", reduce)  # noqa: B010


def rebuild(module: ModuleType, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function of a pickle; `module` comes first there, so that its classes are found."""
    return function(*arguments)
