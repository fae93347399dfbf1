// Tells the page's one hidden box (#act) what was pressed, sent, typed or chosen: see ui/acts.py.
// It looks only at attributes that our own HTML carries, and makes no markup.
"use strict";

(() => {
  const TYPING = 250; // milliseconds of quiet before a text that is being typed counts
  let told = 0;
  const waiting = new WeakMap();

  const tell = (element, fields = {}) => {
    const box = document.querySelector("#act textarea, #act input");
    if (!box) return;
    // The number makes two equal acts two texts: an unchanged box tells Gradio nothing.
    const act = { act: element.dataset.act, value: element.dataset.value ?? "", fields, told: ++told };
    const kind = box instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(box, JSON.stringify(act));
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const fieldsOf = (form) => {
    const fields = {};
    for (const [name, value] of new FormData(form)) if (typeof value === "string") fields[name] = value;
    return fields;
  };
  const tellForm = (form) => {
    clearTimeout(waiting.get(form));
    tell(form, fieldsOf(form));
  };

  // A part of a picture that stands for a choice in the form beside it; pressed twice, it takes the choice back.
  const setField = (part) => {
    const field = part?.closest("[data-fields]")?.querySelector(`form [name="${part.dataset.sets}"]`);
    if (!field) return;
    field.value = field.value === part.dataset.value ? "" : part.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-act]");
    if (target && !(target instanceof HTMLFormElement)) tell(target);
    setField(event.target.closest?.("[data-sets]"));
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  }, true);

  // The page's policy lets no form be sent, so that a planted one cannot be.
  const logOut = async () => {
    const reply = await fetch("/logout", { method: "POST", credentials: "same-origin" });
    location.assign(new URL(reply.url).pathname);
  };

  document.addEventListener("submit", (event) => {
    if (event.target.matches?.("form.who")) {
      event.preventDefault();
      logOut();
      return;
    }
    const form = event.target.closest?.("form[data-act]");
    if (!form) return;
    event.preventDefault();
    tellForm(form);
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu.contains(form)) menu.open = false;
    if ("clears" in form.dataset) form.reset();
  });

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-act][data-live]");
    if (!form) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(() => tellForm(form), event.target.matches("select") ? 0 : TYPING));
  });
})();
