"""Formats of exported files, one file each. A new one is a file here and a line below."""

from archdsl.apps.export.formats import onnx, openvino, pt2
from archdsl.apps.export.formats.format import Format

FORMATS: dict[str, Format] = {
    format.suffix: format for format in (onnx.FORMAT, openvino.FORMAT, pt2.FORMAT)
}
"""The formats by the suffix of the file that the user names, without the dot."""

__all__ = ["FORMATS", "Format"]
