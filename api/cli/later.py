"""Commands that are loaded when they are asked for, so that the help and a mistyped name don't wait for the engine."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command


def add_later(commands: Any, name: str, module: str, help_text: str, terminal: bool) -> None:
    """Add the command ``name`` of a module of ``api.cli`` to a group, known by its help alone until it is called."""
    commands.add_command(_Later(name, module, help_text, terminal), name)


def function_of(name: str) -> str:
    """The function of a module that a command is."""
    return name.replace("-", "_")


class _Later(TyperCommand):
    """Stands for a command in a list of commands, and makes way for it when it is called."""

    def __init__(self, name: str, module: str, help_text: str, terminal: bool) -> None:
        markup: Any = "rich" if terminal else None
        super().__init__(name, help=help_text, rich_markup_mode=markup)
        self._module, self._terminal = module, terminal

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the command itself."""
        return self._loaded().make_context(info_name, args, parent=parent, **extra)

    def _loaded(self) -> Any:
        module = import_module(f"api.cli.{self._module}")
        if hasattr(module, "application"):
            return get_command(module.application(self._terminal))
        markup: Any = "rich" if self._terminal else None
        app = typer.Typer(rich_markup_mode=markup, pretty_exceptions_enable=False, add_completion=False)
        app.command(self.name)(getattr(module, function_of(str(self.name))))
        return get_command(app)
