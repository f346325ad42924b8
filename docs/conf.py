"""Sphinx settings: one source, read by MyST, for the web pages and the manual page."""

from __future__ import annotations

from importlib.metadata import version as installed_version

project = "Détente"
author = "the Détente authors"
release = version = installed_version("detente")

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
nitpicky = True

myst_enable_extensions = ["deflist", "tasklist"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Détente"
html_copy_source = False
html_show_sourcelink = False

# The whole documentation as one manual page, for machines without a browser.
man_pages = [("index", "detente", "talks between parties who do not trust each other", [author], 7)]
