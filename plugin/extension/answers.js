// What a command is answered when the site was not asked, and which answers mean that the seller must act.

export function failed(code, message, retryable = false) {
  return { success: false, error: { code, message, retryable } };
}

export const INTERRUPTED = failed("unknown", "The plugin was interrupted in this command: nobody knows what came of it.");
export const LATE = failed("deadline", "The command's turn came after its deadline, and it was not done.", true);
export const PAUSED = failed("unreachable", "The seller has paused the plugin; nothing was done.", true);
export const TAB_GONE = failed("no_answer", "The tab was closed or left in the middle of the command.");
export const NO_TAB = failed("unreachable", "The site's page cannot be opened.", true);

export const CHALLENGE = "datadome";
const SELLER_MUST_ACT = new Set([CHALLENGE, "session_lost", "http_403"]);

/** Return {code, message} where the seller must act before anything else is done, else null. */
export function troubleIn(answer) {
  return !answer.success && SELLER_MUST_ACT.has(answer.error.code) ? answer.error : null;
}

/** Return what a command is answered while the plugin has stopped for `trouble`. */
export const stopped = (trouble) => failed(trouble.code, `${trouble.message} Nothing was done.`);
