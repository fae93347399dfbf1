// The check boxes of a list: all of a page at once, and from one to another with the shift key.
"use strict";

(() => {
  let last = null;

  const recount = (form) => {
    const boxes = [...form.querySelectorAll("[name^=pick-]")];
    const all = form.querySelector("[data-picks-all]");
    const count = boxes.filter((each) => each.checked).length;
    if (!all) return;
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    const shown = form.querySelector("output");
    if (shown.value !== String(count)) shown.value = count;
  };

  document.addEventListener("click", (event) => {
    const box = event.target.closest?.(".picking input[type=checkbox]");
    if (!box) return;
    const boxes = [...box.form.querySelectorAll("[name^=pick-]")];
    const [at, from] = [boxes.indexOf(box), boxes.indexOf(last)];
    if (at < 0) for (const each of boxes) each.checked = box.checked;
    else if (event.shiftKey && from >= 0) {
      for (const each of boxes.slice(Math.min(at, from), Math.max(at, from) + 1)) each.checked = box.checked;
    }
    last = box;
    recount(box.form);
  });

  const formOf = (node) => (node.closest ? node : node.parentElement)?.closest(".picking");

  // Gradio draws a list anew in the elements that are there: a box that now stands for another article is not checked,
  // and the count is that of the new list, which knows of no check.
  new MutationObserver((changes) => {
    for (const { type, target } of changes) if (type === "attributes" && target.matches(".picking [name^=pick-]")) target.checked = false;
    for (const form of new Set(changes.map(({ target }) => formOf(target)))) if (form) recount(form);
  }).observe(document.documentElement, { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["value"] });
})();
