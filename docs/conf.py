"""Configuration of the documentation: ``make docs``, offline.

Pages are MyST Markdown. Tutorials are the scripts of ``tutorials/``, executed at small size. The reference is generated
from the docstrings. No inventories of other projects are loaded, and MathJax is included.
"""

import os
import sys
from pathlib import Path

import sphinx_autosummary_accessors

import xdvn

sys.path.append(str(Path(__file__).parent / "_ext"))

project = "xdvn"
author = "the xdvn developers"
copyright = "the xdvn developers, MIT licence"
release = version = xdvn.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "sphinx_autosummary_accessors",
    "sphinx_copybutton",
    "sphinx_design",
    "plain_docstrings",
    "repository_links",
    "tutorials",
]
templates_path = ["_templates", sphinx_autosummary_accessors.templates_path]
exclude_patterns = ["_build", "_ext", "_templates"]
nitpicky = False

# Pages
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
suppress_warnings = ["ref.python"]  # two classes of one name, in two modules

# Tutorials run again when they change; XDVN_DOCS_EXECUTE=off builds the pages without running them.
nb_execution_mode = os.environ.get("XDVN_DOCS_EXECUTE", "cache")
nb_execution_cache_path = str(Path(__file__).parent / "_build" / ".jupyter_cache")
nb_execution_excludepatterns = ["tutorials/mediterranean.ipynb"]  # needs downloaded files
nb_execution_timeout = 1800
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"  # progress bars
os.environ.setdefault("XDVN_TUTORIAL", "small")
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # compilation takes longer than the runs
os.environ.pop("MPLBACKEND", None)  # figures are shown in the pages

# Reference
autosummary_generate = True
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
maximum_signature_line_length = 88
napoleon_google_docstring = False
napoleon_use_rtype = False
add_module_names = False
python_use_unqualified_type_names = True

# HTML
html_theme = "pydata_sphinx_theme"
html_title = "xdvn"
html_static_path = ["_static"]
html_css_files = ["xdvn.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "xdvn"},
    "show_toc_level": 2,
    "navigation_depth": 3,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "pygments_light_style": "default",
    "pygments_dark_style": "github-dark",
}
html_sidebars = {"index": []}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
