"""How the page looks: Gradio's variables set to ours, our style sheets, and the type faces.

No font, style or image comes from another host.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ui._gradio import gr

_FOLDER = Path(__file__).parent / "static"
SANS = ["Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"]
MONO = ["ui-monospace", "SF Mono", "Cascadia Mono", "Liberation Mono", "monospace"]

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
_JOINED = {
    "page.css": ("fonts.css", "style.css", "reading.css", "sidebar.css", "shelf.css"),
    "page.js": ("acts.js", "picking.js", "page.js"),
    "door.css": ("fonts.css", "door.css"),
}
"""What is sent as one file: each further request costs a phone a tenth of a second."""
PRELOADED = "inter-latin.woff2"
"""The one font that every page needs at once."""


class StaticFile(NamedTuple):
    """What is sent for a name under ``/page/``."""

    body: bytes
    packed: bytes
    """The same by gzip; empty where that would not make it smaller."""
    media_type: str


@cache
def files() -> Mapping[str, StaticFile]:
    """What the page loads under ``/page/``, by name."""
    read = {path.name: path.read_bytes() for path in sorted(_FOLDER.rglob("*")) if path.suffix in _TYPES}
    made = read | {name: b"\n".join(read[part] for part in parts) for name, parts in _JOINED.items()}
    packed = {name: b"" if name.endswith(".woff2") else gzip.compress(body, mtime=0) for name, body in made.items()}
    return {name: StaticFile(body, packed[name], _TYPES[Path(name).suffix]) for name, body in made.items()}


@cache
def version() -> str:
    """A short word that changes with any of the files."""
    return hashlib.sha256(b"".join(file.body for file in files().values())).hexdigest()[:12]


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
