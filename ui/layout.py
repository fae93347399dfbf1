"""Where the parts of the page stand: Gradio's components, by the ids that the style sheets and scripts know."""

from __future__ import annotations

from typing import Any, Final

from ui import acts
from ui._gradio import gr
from ui.tab import Tab
from ui.views import conversation_list, library

QUESTION_LIMIT: Final = 4_000
"""Characters; a longer question is refused in words. The box itself has no limit: it would cut a pasted text unseen."""


class Layout:
    """The components, to be made inside the blocks that they belong to. Texts come when a tab opens."""

    def __init__(self) -> None:
        self.tab, self.lists = gr.State(Tab()), gr.State(conversation_list.View())
        self.shelved = gr.State(library.View())
        with gr.Row(elem_id="frame"):
            with gr.Column(elem_id="side"):
                self.side_head = _html("side-head")
                self.listing = _html("conversations")
                self.side_foot = _html("side-foot")
            with gr.Column(elem_id="middle"):
                with gr.Column(elem_id="chat-view"):
                    self.welcome = _html("welcome")
                    self.past = _html("past")
                    self.current = _html("current")
                    with gr.Column(elem_id="composer"):
                        self.steering = _html("steering")
                        self.question = gr.Textbox(
                            label="Your question",
                            show_label=False,
                            placeholder="Ask your articles",
                            lines=1,
                            max_lines=8,
                            submit_btn="Ask",
                            container=False,
                            elem_id="question",
                        )
                        self.footing = _html("footing")
                with gr.Column(elem_id="library-view"):
                    self.shelf_title = _html("shelf-title")
                    with gr.Column(elem_id="adding", visible=False) as self.adding:
                        self.files = gr.UploadButton(
                            "…", file_count="multiple", size="sm", variant="primary", elem_id="upload"
                        )
                        self.pasting = _html("pasting")
                    self.report = _html("report")
                    self.shelf_head = _html("shelf-head")
                    self.articles = _html("articles")
        self.acted = gr.Textbox(elem_id="act", visible="hidden", max_length=acts.LONGEST)

        self.of_chat: list[Any] = [
            self.question, self.welcome, self.past, self.current, self.steering, self.listing, self.tab,
        ]  # fmt: skip
        self.of_library: list[Any] = [self.shelf_head, self.articles, self.report, self.shelved]
        self.of_frame: list[Any] = [
            self.side_head, self.side_foot, self.footing, self.shelf_title, self.pasting, self.adding, self.files,
        ]  # fmt: skip


def _html(elem_id: str) -> gr.HTML:
    """A part of the page that shows what a template made.

    ``${value}`` must stay the whole template: what stands in Gradio's Handlebars slots becomes part of a program.
    """
    return gr.HTML("", html_template="${value}", js_on_load=None, apply_default_css=False, elem_id=elem_id)
