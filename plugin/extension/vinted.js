// What the extension does on the site, in one of its own pages and in the seller's own session: the calls that the page
// itself makes, one for each command. Where the site refuses, that is the answer: nothing here tries to get round it.

globalThis.stoflowVinted ??= (() => {
  const API = "/api/v2";
  const UPLOAD = `${API}/item_upload`;
  const CSRF = /"CSRF_TOKEN\\?":\\?"([0-9a-f-]{36})/;
  const CHALLENGE_WORDS = ["captcha-delivery", "__cf_chl"];
  const SIGNED_OUT = 401;
  const FORBIDDEN = 403;
  const TOO_MANY = 429;
  const STALE_CSRF = 106;
  const TIMEOUT_MS = 30_000;

  let csrf = "";
  let isPageFresh = true; // until its token turns out to be stale

  class NoAnswer extends Error {
    constructor(message, { sent }) {
      super(message);
      this.sent = sent;
    }
  }

  const pick = (whole, names) => Object.fromEntries(names.filter((name) => name in whole).map((name) => [name, whole[name]]));
  const number = (value) => {
    if (!/^[0-9]{1,19}$/.test(String(value))) throw new TypeError(`${value} is no number of Vinted's`);
    return String(value);
  };
  const query = (values) => new URLSearchParams(values).toString();
  const session = (payload, fields) => payload.upload_session_id ?? fields.temp_uuid;
  const json = (body) => ({ body: JSON.stringify(body), headers: { "content-type": "application/json" } });

  // --- nothing of a buyer's leaves the page: what StoFlow reads, by name ---

  const left = (reduce) => (body) => {
    try {
      return reduce(body);
    } catch {
      return {};
    }
  };
  const ORDER = ["transaction_id", "conversation_id", "title", "price", "status", "date"];
  const ofOrders = left((body) => ({
    my_orders: body.my_orders.map((order) => pick(order, ORDER)),
    pagination: body.pagination,
  }));
  const ofTransaction = left((body) => ({ transaction: pick(body.transaction, ["id", "item_id"]) }));
  const ofConversation = (member) =>
    left(({ conversation }) => ({
      conversation: {
        ...pick(conversation, ["id", "allow_reply"]),
        transaction: pick(conversation.transaction ?? {}, ["id", "item_id"]),
        messages: conversation.messages.filter((one) => [undefined, null, member].includes((one.entity ?? one).user_id)),
      },
    }));

  // --- one call ---

  async function send(context, method, path, options = {}) {
    const headers = { accept: "application/json, text/plain, */*", ...options.headers };
    if (context.attempt) headers["x-stoflow-attempt"] = context.attempt;
    if (method !== "GET") {
      headers["x-csrf-token"] = await csrfToken(context);
      headers["x-upload-form"] = "true";
      headers.locale = document.documentElement.lang || navigator.language.slice(0, 2);
    }
    return read(await reach(context.site + path, { ...options, method, headers }));
  }

  async function reach(url, options, { sent = true } = {}) {
    if (!navigator.onLine) throw new NoAnswer("This browser is offline.", { sent: false });
    try {
      return await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
    } catch {
      throw new NoAnswer(sent ? "Vinted gave no answer." : "Vinted's page cannot be read.", { sent });
    }
  }

  async function read(response) {
    const text = await response.text().catch(() => {
      throw new NoAnswer("Vinted's answer broke off.", { sent: true });
    });
    let body = null;
    try {
      body = JSON.parse(text);
    } catch {
      // a page instead of JSON: `body` stays null
    }
    const retryAfter = response.headers.get("retry-after") ?? "";
    return {
      status: response.status,
      body,
      retryAfter: /^[0-9]+$/.test(retryAfter) ? Number(retryAfter) : null,
      isChallenge: response.status >= 300 && CHALLENGE_WORDS.some((word) => text.includes(word)),
    };
  }

  /** The token stands in the site's own pages, for the scripts of these pages. */
  async function csrfToken(context) {
    if (isPageFresh) csrf ||= CSRF.exec(document.documentElement.innerHTML)?.[1] ?? "";
    if (!csrf) {
      const page = await reach(`${context.site}/items/new`, {}, { sent: false });
      csrf = CSRF.exec(await page.text())?.[1] ?? "";
    }
    return csrf;
  }

  /** As the page does: an ended session is refreshed once, a stale token is read anew once. */
  async function call(context, method, path, options) {
    const first = await send(context, method, path, options);
    if (first.isChallenge) return first;
    if (first.status === SIGNED_OUT && (await refreshed(context))) return send(context, method, path, options);
    if (first.status === FORBIDDEN && first.body?.code === STALE_CSRF) {
      [csrf, isPageFresh] = ["", false];
      return send(context, method, path, options);
    }
    return first;
  }

  async function refreshed(context) {
    const reply = await reach(`${context.site}/web/api/auth/refresh`, { method: "POST" }, { sent: false });
    return reply.ok;
  }

  async function member(context) {
    const reply = await call({ ...context, attempt: "" }, "GET", `${API}/users/current`);
    return reply.body?.user?.id ?? 0;
  }

  // --- the commands ---

  const COMMANDS = {
    "vinted.photo.upload"(context, payload) {
      const form = new FormData();
      form.append("photo[type]", "item");
      form.append("photo[temp_uuid]", payload.temp_uuid);
      const bytes = Uint8Array.from(atob(context.photo.content), (character) => character.charCodeAt(0));
      form.append("photo[file]", new File([bytes], "photo", { type: context.photo.type }));
      return call(context, "POST", `${API}/photos`, { body: form });
    },
    "vinted.draft.create"(context, payload) {
      const body = { draft: payload.draft, parcel: payload.parcel ?? null, upload_session_id: session(payload, payload.draft) };
      return call(context, "POST", `${UPLOAD}/drafts`, json(body));
    },
    "vinted.draft.complete"(context, payload) {
      const id = number(payload.id);
      const body = {
        draft: { ...payload.draft, id: Number(id) },
        feedback_id: null,
        push_up: false,
        parcel: payload.parcel ?? null,
        upload_session_id: session(payload, payload.draft),
      };
      return call(context, "POST", `${UPLOAD}/drafts/${id}/completion`, json(body));
    },
    "vinted.draft.delete": (context, { id }) => call(context, "DELETE", `${UPLOAD}/drafts/${number(id)}`),
    "vinted.item.update"(context, payload) {
      const id = number(payload.id);
      const body = {
        item: { ...payload.item, id: Number(id) },
        feedback_id: null,
        push_up: false,
        parcel: payload.parcel ?? null,
        upload_session_id: session(payload, payload.item),
      };
      return call(context, "PUT", `${UPLOAD}/items/${id}`, json(body));
    },
    "vinted.item.delete": (context, { id }) => call(context, "POST", `${API}/items/${number(id)}/delete`),
    "vinted.item.get": (context, { id }) => call(context, "GET", `${UPLOAD}/items/${number(id)}`),
    async "vinted.wardrobe.list"(context, { user_id, page = 1, per_page = 96 }) {
      const own = String(await member(context));
      if (user_id && own !== "0" && own !== String(user_id)) return OTHER_MEMBER;
      return call(context, "GET", `${API}/wardrobe/${own}/items?${query({ page, per_page, order: "newest_first" })}`);
    },
    async "vinted.orders.list"(context, { type = "sold", status = "all", page = 1, per_page = 20 }) {
      return reduced(ofOrders, await call(context, "GET", `${API}/my_orders?${query({ type, status, page, per_page })}`));
    },
    async "vinted.transaction.get"(context, { id }) {
      return reduced(ofTransaction, await call(context, "GET", `${API}/transactions/${number(id)}`));
    },
    async "vinted.conversation.get"(context, { id }) {
      const own = await member(context);
      return reduced(ofConversation(own), await call(context, "GET", `${API}/conversations/${number(id)}`));
    },
    async "vinted.message.send"(context, { conversation_id, text }) {
      const said = { body: text, photo_temp_uuids: null, is_personal_data_sharing_check_skipped: false };
      const path = `${API}/conversations/${number(conversation_id)}/replies`;
      return reduced(() => ({}), await call(context, "POST", path, json({ reply: said })));
    },
    "vinted.user.get": (context) => call(context, "GET", `${API}/users/current`),
  };

  const OTHER_MEMBER = { other: true };
  const isSuccess = (reply) => reply.status >= 200 && reply.status < 300 && reply.body !== null;
  const reduced = (reduce, reply) => (isSuccess(reply) ? { ...reply, body: reduce(reply.body) } : reply);

  const failed = (code, message, retryable = false) => ({ success: false, error: { code, message, retryable } });

  function answerOf(reply) {
    if (reply.other) return failed("session_lost", "Another member is signed in at Vinted than the one StoFlow sells for.");
    const data = { status: reply.status, body: reply.body };
    if (reply.retryAfter !== null) data.retry_after_s = reply.retryAfter;
    return isSuccess(reply) ? { success: true, data } : { ...refusal(reply), data };
  }

  function refusal({ status, body, isChallenge }) {
    if (isChallenge) return failed("datadome", "Vinted asks you to show that you are a person.");
    if (status === SIGNED_OUT) return failed("session_lost", "You are signed out of Vinted.");
    if (body === null) return failed("not_json", "Vinted answered with a page.");
    return failed(`http_${status}`, `Vinted answered ${status}.`, status === TOO_MANY);
  }

  /** Do one command: {action, payload, site, attempt?, photo?}. Never throws. */
  async function perform({ action, payload, ...context }) {
    try {
      return answerOf(await COMMANDS[action](context, payload));
    } catch (error) {
      if (error instanceof NoAnswer) return failed(error.sent ? "no_answer" : "unreachable", error.message, !error.sent);
      return failed("bad_payload", `The payload of ${action} cannot be used: ${error.message}.`);
    }
  }

  return { perform };
})();
