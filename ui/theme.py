"""How the page looks: Gradio's variables set to ours, and one style sheet.

No font, style or image comes from another host: the type faces are those that the reader's system has.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import gradio as gr

_FOLDER = Path(__file__).parent / "static"
SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SF Mono", "Cascadia Mono", "Liberation Mono", "monospace"]

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = {path.name: (path, _TYPES[path.suffix]) for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
"""What the page loads under ``/page/``, by name: the file and its type."""
STYLES = ("style.css", "reading.css", "sidebar.css", "shelf.css")
SCRIPTS = ("acts.js", "picking.js", "page.js")
ICON = "icon.svg"


def version() -> str:
    """A short word that changes with any of the files."""
    digest = hashlib.sha256()
    for path, _ in FILES.values():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def theme() -> gr.themes.Base:
    """Gradio's own parts (boxes, buttons, tabs) in the colours of ``style.css``, where the values themselves stand."""
    plain: dict[str, Any] = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--ink-soft)",
        "background_fill_primary": "var(--paper)",
        "background_fill_secondary": "var(--sheet)",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--accent)",
        "color_accent": "var(--accent)",
        "color_accent_soft": "var(--accent-soft)",
        "block_background_fill": "transparent",
        "block_border_width": "0px",
        "block_shadow": "none",
        "block_label_background_fill": "transparent",
        "block_label_text_color": "var(--ink-soft)",
        "block_title_text_color": "var(--ink-soft)",
        "panel_background_fill": "transparent",
        "input_background_fill": "var(--sheet)",
        "input_background_fill_focus": "var(--sheet)",
        "input_border_color": "var(--line-strong)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--ink-faint)",
        "input_shadow": "none",
        "input_shadow_focus": "none",
        "input_radius": "14px",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent-strong)",
        "button_primary_text_color": "var(--on-accent)",
        "button_primary_border_color": "transparent",
        "button_secondary_background_fill": "transparent",
        "button_secondary_background_fill_hover": "var(--accent-soft)",
        "button_secondary_text_color": "var(--ink)",
        "button_secondary_border_color": "var(--line-strong)",
        "link_text_color": "var(--accent)",
        "link_text_color_hover": "var(--accent-strong)",
        "link_text_color_visited": "var(--accent)",
        "link_text_color_active": "var(--accent-strong)",
    }
    base = gr.themes.Base(font=SANS, font_mono=MONO, text_size="md", radius_size="md")
    # The same names in light and dark: the variables of the style sheet change, not the theme.
    dark = {f"{name}_dark": value for name, value in plain.items() if hasattr(base, f"{name}_dark")}
    return base.set(**plain, **dark)
