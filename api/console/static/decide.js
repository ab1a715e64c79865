// The decision: one key decides and goes to the next case, Shift with it asks for a reason of one's own.

import { ask, onKeys, remember, say } from "./page.js";
import { go } from "./step.js";

/** Make the buttons of the case that is shown decide, as long as the signal lasts. */
export function deciding(signal) {
  const decisions = document.querySelector(".decisions");
  const dialog = document.querySelector("[data-reason-dialog]");
  let busy = false;

  async function decide(button, reason) {
    if (busy) return;
    busy = true;
    const { caseId, number, after } = decisions.dataset;
    const decision = button.dataset.decision;
    try {
      const made = await ask("POST", `/v1/inspections/${caseId}/decisions`, { decision, reason, after: Number(after) });
      const sentence = made.pending ? decisions.dataset.signed : decisions.dataset.done;
      const name = button.querySelector("span").textContent;
      remember(caseId, `${sentence.replace("{decision}", name).replace("{number}", number)} · ${decisions.dataset.reopen}`);
      dialog.close();
      await go(decisions.dataset.following);
    } catch (error) {
      const shownError = dialog.querySelector(".error");
      shownError.textContent = error.message;
      shownError.hidden = !dialog.open;
      if (!dialog.open) say(error.message, true);
      if (error.status === 401) location.assign(`/console/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`);
    }
    busy = false;
  }

  function askReason(button) {
    dialog.querySelector("[data-decided]").textContent = button.querySelector("span").textContent;
    dialog.querySelector(".error").hidden = true;
    dialog.asked = button;
    dialog.showModal();
    dialog.querySelector("textarea").focus();
  }

  for (const button of decisions?.querySelectorAll("[data-decision]") ?? []) {
    button.addEventListener("click", (event) => {
      if (event.shiftKey || button.dataset.asks === "true" || !button.dataset.reason) askReason(button);
      else decide(button, button.dataset.reason);
    });
    onKeys({ [button.dataset.key.toUpperCase()]: () => askReason(button) }, signal);
  }

  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    decide(dialog.asked, dialog.querySelector("textarea").value);
  });
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  dialog.querySelector("textarea").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) dialog.querySelector("form").requestSubmit();
  });
}
