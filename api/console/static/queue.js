import { onKeys } from "./page.js";

const links = [...document.querySelectorAll("[data-row]")];
const form = document.querySelector("[data-filters]");

function move(by) {
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)];
  next?.focus();
  next?.closest("tr").scrollIntoView({ block: "nearest" });
}

onKeys({
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  "/": () => form.elements.number.focus(),
  t: () => {
    const state = form.elements.state;
    state.selectedIndex = (state.selectedIndex + 1) % state.options.length;
    form.requestSubmit();
  },
});

for (const row of document.querySelectorAll("tbody tr")) {
  row.addEventListener("click", (event) => {
    if (!event.target.closest("a") && !getSelection().toString()) row.querySelector("[data-row]").click();
  });
}

// Choosing asks at once; what is left open is left out of the address.
for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => form.requestSubmit());
form.addEventListener("submit", () => {
  if (form.elements.number.value.trim()) form.elements.state.value = "all";
  for (const field of form.elements) if (field.name) field.disabled = !field.value.trim() || field.value === "open";
});
addEventListener("pageshow", () => {
  for (const field of form.elements) field.disabled = false;
});

links[0]?.focus({ preventScroll: true });
