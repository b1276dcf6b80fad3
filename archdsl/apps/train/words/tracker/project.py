"""What trackers with projects have."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.apps.train.words.word import TrackerWords


class InProject(TrackerWords):
    """A tracker that collects the runs of a project."""

    shorthand: ClassVar[str | None] = "project"

    project: Annotated[str, Field(min_length=1, max_length=128, description="its name")] = "archdsl"
