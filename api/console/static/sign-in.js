import { ask } from "./page.js";

const form = document.querySelector("[data-sign-in]");
const error = form.querySelector(".error");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  error.hidden = true;
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    await ask("POST", "/v1/session", { name: form.elements.name.value, password: form.elements.password.value });
    location.assign(form.dataset.to);
  } catch (refused) {
    error.textContent = refused.message;
    error.hidden = false;
    button.disabled = false;
    form.elements.password.select();
  }
});
