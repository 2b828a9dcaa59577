"""Sphinx's settings for the documentation: ``make docs`` uses them on the sources that ``assemble.py`` has put together."""

project = "microservices-skill"
author = "The microservices-skill authors"
project_copyright = author

extensions = ["myst_parser"]
exclude_patterns = ["_included/*"]
root_doc = "index"
nitpicky = True
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = project
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_permalinks_icon = "#"
html_theme_options = {"source_repository": "", "top_of_page_buttons": []}
