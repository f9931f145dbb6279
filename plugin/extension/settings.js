// What the extension keeps between its lives: who it is, its tokens, whether the seller has switched it on or paused it.
//
// {plugin_id, access, refresh, accepted: {version, at} | null, paused, stopped: {code, message, at} | null, checked, behind: ms}

const DEFAULTS = { access: "", refresh: "", accepted: null, paused: false, stopped: null, checked: false, behind: 0 };

export async function read() {
  const kept = { ...DEFAULTS, ...(await chrome.storage.local.get()) };
  if (!kept.plugin_id) {
    kept.plugin_id = `extension-${crypto.randomUUID()}`;
    await chrome.storage.local.set({ plugin_id: kept.plugin_id });
  }
  return kept;
}

export const write = (changes) => chrome.storage.local.set(changes);
