// What the page does by itself: open the source that a chip names, bring a new question to the top, take dropped files,
// stay where it is.
// It looks only at attributes that ui/render.py and ui/page.py wrote, and makes no markup.
"use strict";

(() => {
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const bring = (element, block) => element.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block });

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("[data-opens]");
    const source = chip && document.getElementById(chip.dataset.opens);
    if (!source) return;
    source.open = true;
    source.querySelector("summary").focus({ preventScroll: true });
    bring(source, "nearest");
    for (const other of document.querySelectorAll(".source.lit")) other.classList.remove("lit");
    source.classList.add("lit");
  });

  // A file dropped beside a field would make the browser leave the page, and the conversation with it.
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const input = document.querySelector("#library-view input[type=file]");
    if (!input || !event.target.closest?.("#library-view")) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // The one thing that a policy does not hold back: a text that takes this tab elsewhere (<meta http-equiv=refresh>).
  // Links of ours open a tab of their own, and the address bar does not pass here.
  window.navigation?.addEventListener("navigate", (event) => {
    if (event.cancelable && new URL(event.destination.url).origin !== location.origin) event.preventDefault();
  });

  let shown = "";
  const follow = () => {
    const turn = document.querySelector("#current .turn.writing");
    if (!turn || turn.id === shown) return;
    shown = turn.id;
    bring(turn, "start");
  };
  const start = () => new MutationObserver(follow).observe(document.body, { childList: true, subtree: true });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
