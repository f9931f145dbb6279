// A stock socket.io-client, which says as JSON lines what becomes of its connection, and ends when it has given up.

import { io } from "socket.io-client";

const [url = "", token = ""] = process.argv.slice(2);
const socket = io(url, { transports: ["websocket"], auth: { token, client: "frontend" } });

function say(event: string, more: object = {}): void {
  console.log(JSON.stringify({ event, ...more }));
}

socket.on("connect", () => say("connect"));
socket.on("connect_error", (error) => say("connect_error", { data: "data" in error ? error.data : null }));
socket.io.on("close", (_, details) => {
  // Without details it was this side that closed.
  if (details !== undefined && "context" in details) say("closed", { code: (details.context as CloseEvent).code });
});
