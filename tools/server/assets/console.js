"use strict";
// The pages work without this file and without htmx; both only save reloading.

// What is being typed is not replaced by what comes from the server.
document.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (form) form.setAttribute("data-typed", "");
});
document.addEventListener("submit", (event) => event.target.removeAttribute("data-typed"));
const TYPED = "input:not([type=checkbox], [type=radio]), textarea, select";
document.addEventListener("htmx:beforeSwap", (event) => {
  const live = event.detail.target;
  if (!live || !live.hasAttribute("data-live")) return;
  const active = document.activeElement;
  const inUse = live.querySelector("form[data-typed]") || (live.hasAttribute("data-keep") && live.contains(active) && active.matches(TYPED));
  if (inUse) event.detail.shouldSwap = false;
});

// What has the focus has it again when its part is shown anew, and what was scrolled aside stays so.
let focused = null;
let scrolled = [];
const named = (element) => `[aria-label="${CSS.escape(element.getAttribute("aria-label") ?? "")}"]`;
const found = (element) => {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.matches("input[name][value]")) return `input[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`;
  const around = element.closest("[aria-label]");
  // The graph and the timeline have the same links.
  if (element.hasAttribute("href") && around) return `${named(around)} a[href="${CSS.escape(element.getAttribute("href"))}"]`;
  return element.hasAttribute("aria-label") ? named(element) : null;
};
document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement && document.activeElement !== document.body ? found(document.activeElement) : null;
  scrolled = [...document.querySelectorAll(".scroll[aria-label]")].map((one) => [named(one), one.scrollLeft]);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [name, left] of scrolled) {
    const one = document.querySelector(name);
    if (one) one.scrollLeft = left;
  }
  const lost = !document.activeElement || document.activeElement === document.body;
  if (lost && focused) document.querySelector(focused)?.focus({ preventScroll: true });
});

// The boxes that are checked stay so when a list is shown anew.
let checked = [];
document.addEventListener("htmx:beforeSwap", () => {
  checked = [...document.querySelectorAll("input[name=id]:checked")].map((box) => box.value);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const box of document.querySelectorAll("input[name=id]")) if (checked.includes(box.value)) box.checked = true;
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select-all]")) return;
  for (const box of document.querySelectorAll("input[name=id]")) box.checked = event.target.checked;
});

// A question before what cannot be undone.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-sure]");
  if (button && !window.confirm(button.getAttribute("data-sure"))) event.preventDefault();
});

// The texts of models while they are written, which are gone from here once they are recorded. They are put in as text.
const LONGEST = 20000;
const written = (source) => {
  const part = (path, begins) => {
    const place = document.getElementById("writing");
    if (!place) return null;
    let one = [...place.children].find((child) => child.dataset.path === path);
    if (!one && begins) {
      one = document.createElement("div");
      one.dataset.path = path;
      one.append(document.createElement("h3"), document.createElement("pre"));
      one.firstChild.append(document.createElement("code"), " writes");
      one.firstChild.firstChild.textContent = path;
      one.lastChild.dir = "auto";
      one.hidden = true;
      place.append(one);
    }
    return one ?? null;
  };
  source.addEventListener("began", (event) => {
    const one = part(JSON.parse(event.data).path, true);
    if (one) [one.lastChild.textContent, one.hidden] = ["", true];
  });
  source.addEventListener("chunk", (event) => {
    const { path, text } = JSON.parse(event.data);
    const one = part(path, true);
    if (one) [one.lastChild.textContent, one.hidden] = [(one.lastChild.textContent + text).slice(-LONGEST), false];
  });
  source.addEventListener("record", (event) => part(JSON.parse(event.data).path, false)?.remove());
  source.addEventListener("state", (event) => {
    if (JSON.parse(event.data).state !== "running") document.getElementById("writing")?.replaceChildren();
  });
};
const heard = new WeakSet();
document.addEventListener("htmx:sseOpen", (event) => {
  const source = event.detail.source;
  if (!heard.has(source)) written(source);
  heard.add(source);
});
