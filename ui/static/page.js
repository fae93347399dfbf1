// What the page does by itself: open a source beside the answer and walk through the sources, show what a chip quotes,
// light up what belongs together, copy an answer, change views, keep the address in step with the conversation, take
// dropped files, stay where it is.
// It looks only at attributes that our own HTML carries. The one markup it puts in is what ui/routes.py made.
"use strict";

// Gradio's sign that it loads counts seconds in each frame, and goes on when it is taken off the page: the page would be
// drawn anew for ever. We show no seconds.
const nextFrame = window.requestAnimationFrame;
window.requestAnimationFrame = (draw) =>
  String(draw).includes("performance.now()-") ? 0 : nextFrame.call(window, draw);

(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const bring = (element, block) => element.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block });
  const say = (words) => { find("#told").textContent = words; };

  // --- the source beside the answer ------------------------------------------------------------------------------

  const pane = () => find("#pane");
  let opener = null; // what had the focus when the pane was opened
  let wanted = 0; // the latest request; answers to earlier ones are dropped

  const turnOf = (element) => element.closest("[data-turn]")?.dataset.turn;
  const section = (turn) => document.getElementById(`turn-${turn}`);

  const addressOf = (target) => {
    const { source, article, start, end } = target.dataset;
    if (article) return `/page/article/${encodeURIComponent(article)}?start=${start ?? ""}&end=${end ?? ""}`;
    const turn = turnOf(target);
    const conversation = section(turn)?.dataset.conversation;
    return conversation ? `/page/source/${conversation}/${turn}/${source}` : null;
  };

  const open = async (target) => {
    const address = addressOf(target);
    if (!address) return;
    const from = document.activeElement;
    const inside = pane().contains(target);
    const ours = ++wanted;
    let shown;
    try {
      const response = await fetch(address);
      shown = await response.text();
    } catch {
      return; // the server is gone; Gradio says so
    }
    if (ours !== wanted) return;
    if (!inside) opener = target.isConnected ? target : from;
    pane().innerHTML = shown;
    pane().hidden = false;
    document.body.classList.add("reading");
    const mark = find("mark.now", pane());
    (find("#reader-title", pane()) ?? find(".close", pane()))?.focus({ preventScroll: true });
    if (mark) mark.scrollIntoView({ block: "center" });
    else pane().scrollTop = 0;
    light(target.dataset.source, turnOf(find(".reader", pane()) ?? pane()));
  };

  const close = () => {
    if (pane().hidden) return;
    wanted += 1;
    pane().hidden = true;
    pane().replaceChildren();
    document.body.classList.remove("reading");
    light();
    const back = opener?.isConnected ? opener : find("#question textarea");
    opener = null;
    back?.focus({ preventScroll: true });
  };

  const step = (way) => find(`.step.${way}:not([disabled])`, pane())?.click();

  // Chip, card and place in the article of one citation.
  const light = (numbers, turn) => {
    for (const lit of all(".lit")) lit.classList.remove("lit");
    if (!numbers) return;
    const listed = numbers.split(" ");
    const reader = find(`.reader[data-turn="${turn}"]`, pane());
    for (const root of [section(turn), reader]) {
      if (!root) continue;
      for (const each of all("[data-number]", root)) {
        if (each !== root && each.dataset.number.split(" ").some((one) => listed.includes(one))) each.classList.add("lit");
      }
    }
  };
  const relight = () => {
    const reader = find(".reader", pane());
    light(reader?.dataset.number, reader?.dataset.turn);
  };

  // --- what a chip quotes ----------------------------------------------------------------------------------------

  let peeking = null;
  const peek = (chip) => {
    const shown = chip && document.getElementById(chip.getAttribute("aria-describedby"));
    if (peeking && peeking !== shown && peeking.isConnected) peeking.hidePopover?.();
    peeking = shown;
    if (!shown?.showPopover || shown.matches(":popover-open")) return;
    shown.showPopover();
    const at = chip.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left - 24), innerWidth - shown.offsetWidth - 8);
    const above = at.top - shown.offsetHeight - 8;
    shown.style.left = `${left}px`;
    shown.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  };

  // What unfolds beside a word or a chip stays within the window.
  const fit = (box) => {
    if (!box) return;
    box.style.translate = "";
    if (box.closest(".steering.next")) {
      const chip = box.closest(".steer").getBoundingClientRect();
      box.style.left = `${chip.left}px`;
      box.style.bottom = `${innerHeight - chip.top + 6}px`;
    }
    const { left, right } = box.getBoundingClientRect();
    const over = Math.min(Math.max(0, right - (innerWidth - 8)), Math.max(0, left - 8));
    if (over) box.style.translate = `${-over}px 0`;
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.menu[open]")) fit(find(".choices", event.target));
    if (event.target.matches?.("details.edit[open]")) {
      const area = find("textarea", event.target);
      area.focus({ preventScroll: true });
      area.setSelectionRange(area.value.length, area.value.length);
      bring(find("form", event.target), "nearest");
    }
  }, true);

  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      fit(event.target.closest?.(".verdict") && find(".why", event.target.closest(".verdict")));
      const target = event.target.closest?.("[data-number]");
      const chip = event.target.closest?.("button.chip[aria-describedby]");
      if (chip) peek(chip);
      else if (peeking) peek(null);
      if (target && !target.classList.contains("reader")) light(target.dataset.number, turnOf(target));
      else if (find(".lit")) relight();
    });
  }
  addEventListener("scroll", () => peek(null), { passive: true });

  // --- presses ---------------------------------------------------------------------------------------------------

  const copy = async (button) => {
    try {
      const isLink = "link" in button.dataset; // which is made when it is asked for
      const reply = await fetch(button.dataset.copies, { method: isLink ? "POST" : "GET" });
      if (!reply.ok) throw new Error();
      let text = await reply.text();
      if (isLink) text = new URL(text, location.href).href;
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
      else if (!copied(text)) throw new Error();
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 2000);
      say(button.dataset.done);
    } catch {
      say(button.dataset.failed);
    }
  };
  const copied = (text) => { // without https there is no clipboard object
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const worked = document.execCommand("copy");
    box.remove();
    return worked;
  };

  const name = () => {
    for (const each of all("button[data-view]")) {
      if (each.dataset.view === document.body.dataset.view) each.setAttribute("aria-current", "page");
      else each.removeAttribute("aria-current");
    }
  };
  const view = (wish) => {
    if (document.body.dataset.view !== wish) scrollTo(0, 0);
    document.body.dataset.view = wish;
    name();
    if (document.body.classList.contains("menu-open")) menu(false);
  };
  const menu = (wish) => {
    document.body.classList.toggle("menu-open", wish);
    find("#menu").setAttribute("aria-expanded", String(wish));
    if (wish) find("#side button")?.focus();
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("button, a.skip");
    if (!target) {
      if (document.body.classList.contains("menu-open") && !event.target.closest?.("#side")) menu(false);
      return;
    }
    const data = target.dataset;
    if (data.source || data.article) open(target);
    else if ("closes" in data) close();
    else if (data.copies) copy(target);
    else if ("reveals" in data) target.setAttribute("aria-expanded", String(target.getAttribute("aria-expanded") !== "true"));
    else if (data.view) view(data.view);
    else if (target.id === "menu") menu(!document.body.classList.contains("menu-open"));
    else if (target.matches(".skip")) { event.preventDefault(); find("#question textarea")?.focus(); }
    if (data.act === "welcome-add") view("library");
    if (/^(conversation-(new|open)|welcome-ask)$/.test(data.act ?? "")) {
      view("chat");
      close();
      if (data.act === "conversation-new") setTimeout(() => find("#question textarea")?.focus(), 150);
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select");
    if (event.key === "Escape") {
      if (peeking?.matches(":popover-open") && pane().hidden) peek(null);
      else if (!pane().hidden) close();
      else if (document.body.classList.contains("menu-open")) { menu(false); find("#menu").focus(); }
      else find("#question .stop-button")?.click();
    } else if (typing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      find("#question textarea")?.focus();
    } else if (!pane().hidden && (event.key === "ArrowRight" || event.key === "n")) {
      step("next");
    } else if (!pane().hidden && (event.key === "ArrowLeft" || event.key === "p")) {
      step("previous");
    }
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-language]")) return;
    document.cookie = `language=${event.target.value}; path=/; max-age=31536000; samesite=strict`;
    location.reload();
  });

  // --- files -----------------------------------------------------------------------------------------------------

  // A file dropped beside a field would make the browser leave the page, and the conversation with it.
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  let dropping = 0; // how many elements deep the files are: to enter one is to leave another
  const drop = (wish) => {
    dropping = Math.max(0, wish);
    document.body.classList.toggle("dropping", dropping > 0);
  };
  document.addEventListener("dragenter", (event) => { if (carriesFiles(event)) drop(dropping + 1); });
  document.addEventListener("dragleave", (event) => { if (carriesFiles(event)) drop(dropping - 1); });
  document.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    drop(0);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const input = find("#library-view input[type=file]");
    if (!input) return;
    view("library");
    scrollTo(0, 0); // where what becomes of them is told
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // --- staying ---------------------------------------------------------------------------------------------------

  // The one thing that a policy does not hold back: a text that takes this tab elsewhere (<meta http-equiv=refresh>).
  // Links of ours open a tab of their own, and the address bar does not pass here.
  window.navigation?.addEventListener("navigate", (event) => {
    if (event.cancelable && new URL(event.destination.url).origin !== location.origin) event.preventDefault();
  });

  // A live region that is drawn anew would be read out anew, or not at all: what is to be heard goes into one that stays.
  let announced = null;
  const announce = () => {
    const words = find("#current [data-announced]")?.textContent ?? "";
    if (words === announced) return;
    if (words && announced !== null) say(words);
    announced = words;
  };

  // The address names the conversation, so that a reload comes back to it.
  const address = () => {
    const named = find("#current .turn[data-conversation]:not([data-conversation=''])")?.dataset.conversation;
    const present = new URL(location.href);
    if (!named && find("#current .turn")) return; // being written: it has no name yet
    if ((present.searchParams.get("c") ?? "") === (named ?? "")) return;
    if (named) present.searchParams.set("c", named);
    else present.searchParams.delete("c");
    history.replaceState(null, "", present);
  };

  // What takes time to make comes when it is there.
  const fill = async (place) => {
    const asked = place.dataset.fetch + ("since" in place.dataset ? `?since=${encodeURIComponent(lastVisit())}` : "");
    delete place.dataset.fetch;
    try {
      const response = await fetch(asked);
      const made = await response.text();
      if (response.ok && !response.redirected && place.isConnected) place.innerHTML = made;
    } catch { /* the server is gone; Gradio says so */ }
  };
  // When this browser was here before; the same as long as its tab is open.
  const lastVisit = () => {
    try {
      const before = sessionStorage.getItem("before") ?? localStorage.getItem("visited") ?? "";
      sessionStorage.setItem("before", before);
      localStorage.setItem("visited", new Date().toISOString());
      return before;
    } catch {
      return ""; // it keeps nothing
    }
  };

  let shown = "";
  let drawn = false;
  const follow = () => {
    for (const place of all("[data-fetch]")) fill(place);
    if (!drawn && find("#side-head button")) { // before that, an empty chat only means that nothing came yet
      drawn = true;
      name();
    }
    if (drawn) { address(); announce(); }
    const turn = find("#current .turn");
    if (!turn || turn.id === shown) return;
    shown = turn.id;
    if (!turn.matches(".writing")) return;
    view("chat");
    // What stood above it goes in the same step, but perhaps after it.
    setTimeout(() => bring(document.getElementById(shown) ?? turn, "start"), 50);
  };

  // What is drawn anew loses the focus: it goes to the element that means the same.
  let last = null;
  document.addEventListener("focusin", (event) => {
    const { act, value, source } = event.target.dataset ?? {};
    last = act || source ? { act, value, source, turn: turnOf(event.target), element: event.target } : null;
  });
  const refocus = () => {
    if (!last || last.element.isConnected || document.activeElement !== document.body) return;
    const root = section(last.turn) ?? document;
    const key = last.act ? `[data-act="${last.act}"]` : `[data-source="${last.source}"]`;
    const same = all(key, root).find((each) => (each.dataset.value ?? "").split(":")[0] === (last.value ?? "").split(":")[0]);
    last = null;
    same?.focus({ preventScroll: true });
  };

  const start = () => {
    document.body.dataset.view = "chat";
    new MutationObserver(() => { follow(); refocus(); }).observe(document.body, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
