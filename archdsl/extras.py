"""Optional packages, and the extra of archdsl that installs each of them."""

from __future__ import annotations

from importlib.util import find_spec

from archdsl.errors import ArchdslError, fail

EXTRAS = {
    "ipywidgets": "notebook", "jinja2": "report", "matplotlib": "plot", "mcp": "mcp",
    "numpy": "torch", "onnx": "export", "onnxruntime": "export", "onnxscript": "export",
    "openvino": "openvino", "pygraphviz": "draw", "safetensors": "torch", "starlette": "serve",
    "torch": "torch", "uvicorn": "serve",
}  # fmt: skip
"""Package to the extra of `pyproject.toml` that installs it."""


def require(*packages: str) -> None:
    """Raise A422 if one of these packages is not installed. Imports none of them."""
    for package in packages:
        if find_spec(package) is None:
            raise missing(package)


def missing(package: str) -> ArchdslError:
    """Return the error A422, which names the extra to install, or a package without one."""
    install = f'"archdsl[{EXTRAS[package]}]"' if package in EXTRAS else package
    return fail(
        "A422", f"this needs {package}, which is not installed", help=f"pip install {install}"
    )
