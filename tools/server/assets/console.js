"use strict";
// The pages work without this file and without htmx; both only save reloading.

// What is being typed is not replaced by what comes from the server.
document.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (form) form.setAttribute("data-typed", "");
});
document.addEventListener("submit", (event) => event.target.removeAttribute("data-typed"));
document.addEventListener("htmx:beforeSwap", (event) => {
  const live = event.detail.target;
  if (!live || !live.hasAttribute("data-live")) return;
  const inUse = live.querySelector("form[data-typed]") || (live.hasAttribute("data-keep") && live.contains(document.activeElement) && document.activeElement !== document.body);
  if (inUse) event.detail.shouldSwap = false;
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
