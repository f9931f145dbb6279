// In the site's tab: does what the service worker asks for, and remembers what came of it. The browser may end the service
// worker in the middle of a command; this document lives on, wakes it with the answer, and tells it again when asked.

globalThis.stoflowPage ??= (() => {
  const REMEMBERED = 200;
  const page = crypto.randomUUID();
  const performed = new Map(); // request_id -> the answer, null while it is being done

  function begin({ request_id, kind, ...asked }) {
    if (performed.has(request_id)) return;
    performed.set(request_id, null);
    if (performed.size > REMEMBERED) performed.delete(performed.keys().next().value);
    void stoflowVinted.perform(asked).then((answer) => {
      performed.set(request_id, answer);
      return chrome.runtime.sendMessage({ kind: "performed", request_id, answer });
    }).catch(() => {}); // nobody could be woken: the service worker asks for it (`recall`) when the command comes again
  }

  function recall(requestId) {
    if (!performed.has(requestId)) return { page, state: "none" };
    const answer = performed.get(requestId);
    return answer ? { page, state: "done", answer } : { page, state: "running" };
  }

  // --- the seller sees that something is being done here ---

  const WORDS = {
    "vinted.photo.upload": "uploading a photo",
    "vinted.draft.create": "making a draft",
    "vinted.draft.complete": "publishing an item",
    "vinted.draft.delete": "deleting a draft",
    "vinted.item.update": "changing an item",
    "vinted.item.delete": "deleting an item",
    "vinted.message.send": "sending a message",
  };
  let banner;

  function announce(text) {
    banner?.remove();
    if (!text) return;
    banner = document.createElement("div");
    banner.style.cssText =
      "position:fixed;inset:auto 0 0 0;z-index:2147483647;padding:4px;background:#06c;color:#fff;font:14px/1.6 sans-serif;text-align:center";
    banner.textContent =
      text === "paused"
        ? "StoFlow is paused and does nothing here."
        : `StoFlow is ${WORDS[text] ?? "reading what is yours"} here. You can pause it by its button.`;
    document.body?.append(banner);
  }

  chrome.runtime.onMessage.addListener((message, sender, respond) => {
    if (message.kind === "who") respond({ page });
    else if (message.kind === "perform") respond(begin(message) ?? { page });
    else if (message.kind === "recall") respond(recall(message.request_id));
    else if (message.kind === "announce") announce(message.text);
    return false;
  });
  return { page };
})();
