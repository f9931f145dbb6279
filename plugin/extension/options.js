import { ask, byId, onClick } from "./asking.js";

const TERMS_PAGE = "/terms_and_conditions";
let terms;

async function show() {
  const state = await ask("state");
  byId("standing").textContent = state.accepted ? "Switched on." : "Switched off: nothing is done in your browser.";
  byId("who").textContent = state.has_token ? `Connected as account ${state.tenant ?? ""}` : "";
  byId("accepted").textContent = state.accepted ? `Accepted on ${new Date(state.accepted.at).toLocaleString()}` : "";
  byId("switch_off").hidden = !state.accepted;
  byId("switch_on").hidden = byId("read_part").hidden = Boolean(state.accepted);
  for (const id of ["plugin_id", "stoflow", "site"]) byId(id).textContent = state[id];
  byId("terms_link").href = state.site + TERMS_PAGE;
  byId("terms_part").hidden = !state.has_token;
  if (state.has_token) await showTerms();
}

async function showTerms() {
  try {
    terms = await ask("terms");
    byId("terms").textContent = terms.text;
  } catch (error) {
    byId("terms_fault").textContent = error.message;
  }
}

byId("read").addEventListener("change", ({ target }) => (byId("switch_on").disabled = !target.checked || !terms));
onClick("connect", byId("connect_fault"), async () => {
  await ask("token", { text: byId("token").value });
  byId("token").value = "";
  await show();
});
onClick("switch_on", byId("terms_fault"), async () => {
  await ask("switch_on", { version: terms.version });
  await show();
});
onClick("switch_off", byId("terms_fault"), async () => {
  await ask("switch_off");
  byId("read").checked = false;
  await show();
});
await show();
byId("switch_on").disabled = true;
