// How the extension's own pages ask its service worker.

/** Return what the service worker says; throws with its words where it cannot. */
export async function ask(kind, more = {}) {
  const said = await chrome.runtime.sendMessage({ kind, ...more });
  if (said?.error !== undefined) throw new Error(said.error);
  return said?.value;
}

export const byId = (id) => document.getElementById(id);

/** Let a button do something: it rests meanwhile, and a fault is shown in `fault`. */
export function onClick(id, fault, act) {
  const button = byId(id);
  button.addEventListener("click", async () => {
    button.disabled = true;
    fault.textContent = "";
    try {
      await act();
    } catch (error) {
      fault.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  });
}
