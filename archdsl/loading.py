"""Load emitted text as a module, so that its networks can be copied and pickled.

The name of such a module is derived from the hash of its text. It exists as long as one of its
classes does, as `sys.modules` holds an entry with only a weak reference to it.
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
    """A module that was run from a text. Its pickle is that text; a deep copy is the module."""

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
    """Entry of an emitted module in `sys.modules`: the same attributes, while the module exists."""

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
    """Run emitted text as a module; equal texts give the same module while it is in use.

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
    """Return the one public class of an emitted module."""
    (name,) = module.__all__
    network: type[nn.Module] = getattr(module, name)
    return network


def _run(name: str, text: str) -> EmittedModule:
    module = EmittedModule(name, text)
    entry = sys.modules[name] = Entry(module)
    weakref.finalize(module, _forget, name, entry).atexit = False
    file = f"<{name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)  # for tracebacks
    exec(
        compile(text, file, "exec", dont_inherit=True), module.__dict__
    )  # text that archdsl emitted
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == name:
            _carry(value, module)
    return module


def _forget(name: str, entry: Entry) -> None:
    """Remove the entry of a module, unless the same text has been loaded again since."""
    if sys.modules.get(name) is entry:
        del sys.modules[name]
        linecache.cache.pop(f"<{name}>", None)


def _carry(kind: type, module: EmittedModule) -> None:
    """Make instances of a class carry its module into copies and pickles.

    The reference from the class also keeps the module alive while the class is in use.
    """

    def reduce(self: object, protocol: Any) -> Any:
        parts = object.__reduce_ex__(self, protocol)
        return parts if isinstance(parts, str) else (rebuild, (module, *parts[:2]), *parts[2:])

    if getattr(kind, "__reduce_ex__") is object.__reduce_ex__:  # noqa: B009
        setattr(kind, "__reduce_ex__", reduce)  # noqa: B010


def rebuild(module: ModuleType, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function while unpickling.

    Args:
        module: the emitted module; unpickling it first makes its classes importable.
        function: the function of `__reduce_ex__`, such as `copyreg.__newobj__`.
        arguments: its arguments.
    """
    return function(*arguments)
